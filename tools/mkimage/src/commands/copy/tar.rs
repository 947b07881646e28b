// SPDX-License-Identifier: GPL-2.0-or-later
//! `tar`: a tree of an image as an archive of tar(1), and an archive as a tree.

use super::{Side, from_tar, to_tar};
use crate::cli::{Place, TarArgs};
use crate::commands::images::Images;
use mkimage::error::{HostContext, Result};
use mkimage::image::unpack;
use mkimage::image_path::ImagePath;
use mkimage::lock::open_to_read;
use mkimage::output::NewFile;
use std::io::{BufRead, BufReader, BufWriter, Write, stdin};
use std::path::Path;

/// `tar`
pub fn tar(images: &Images, arguments: &TarArgs) -> Result<()> {
    let (image, path) = match Side::parse(&arguments.tree) {
        Side::Image { image, path } => (image, path),
        Side::Host(_) | Side::Stream => (arguments.tree.clone().into(), ImagePath::ROOT),
    };
    let at = Place {
        image,
        partition: arguments.partition,
    };
    match arguments.create {
        true => create(images, &at, &path, &arguments.archive),
        false => extract(images, &at, &path, arguments),
    }
}

fn create(images: &Images, at: &Place, path: &ImagePath, archive: &Path) -> Result<()> {
    images.inspect(at, |mounted| {
        let new = NewFile::create(archive, 0, &[&at.image])?;
        let mut file = BufWriter::new(new.file());
        to_tar::write(mounted, path, archive, &mut file)?;
        file.flush().on_host("write", archive)?;
        drop(file);
        new.commit()
    })
}

fn extract(images: &Images, at: &Place, path: &ImagePath, arguments: &TarArgs) -> Result<()> {
    let archive = &arguments.archive;
    let mut from: Box<dyn BufRead> = match archive == Path::new("-") {
        true => Box::new(stdin().lock()),
        false => Box::new(BufReader::new(open_to_read(archive)?)),
    };
    let start = from.fill_buf().on_host("read", archive)?.to_vec();
    let mut from = unpack(&start, from);
    images.edit(at, &arguments.time, |mounted| {
        from_tar::read(mounted, path, arguments, &mut from)
    })
}
