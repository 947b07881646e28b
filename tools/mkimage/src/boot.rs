// SPDX-License-Identifier: GPL-2.0-or-later
//! The boot code: out of its ELF file, into the first sectors of the image.
//!
//! The `boot` crate is linked so that its section `.bootsect` is the boot
//! sector as it stands and `.setup` is what follows it (0.11: `boot/bootsect.s`
//! and `boot/setup.s`, which `tools/build.c` put behind each other). Behind
//! `.setup`, in the same sectors, comes the loader of the kind of disk. What the
//! image fills in, ROOT_DEV and the partition table, must be zero there.

use crate::disk::{
    BOOT_SIGNATURE, BOOT_SIGNATURE_OFFSET, PARTITION_TABLE_OFFSET, SECTOR_SIZE, SETUP_SECTORS,
};
use crate::elf::section;
use crate::error::Fault;
use crate::packed::Unpacker;

/// What reads the kernel, by the kind of disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loader {
    /// A hard disk with the kernel in partition 1.
    Disk,
    /// A floppy disk with the kernel behind the command line.
    Floppy,
}

impl Loader {
    fn section(self) -> &'static str {
        match self {
            Loader::Disk => ".load_disk",
            Loader::Floppy => ".load_floppy",
        }
    }
}

/// Boot sector and setup.
#[derive(Debug, PartialEq, Eq)]
pub struct BootCode {
    /// LBA 0, with an empty partition table.
    pub boot_sector: [u8; SECTOR_SIZE],
    /// LBA 1 to 4: setup, then the loader, padded with zeros.
    pub setup: [u8; SETUP_SECTORS * SECTOR_SIZE],
    /// What goes in front of a compressed kernel.
    pub unpacker: Option<Unpacker>,
}

impl BootCode {
    /// Takes the sections out of the ELF file of the boot code.
    pub fn from_elf(elf: &[u8], loader: Loader) -> Result<BootCode, Fault> {
        let bootsect = section(elf, ".bootsect")?;
        let boot_sector: [u8; SECTOR_SIZE] = bootsect.try_into().map_err(|_| {
            let problem = format!("{} bytes, expected exactly {SECTOR_SIZE}", bootsect.len());
            Fault::new("section .bootsect", problem)
        })?;
        if boot_sector[BOOT_SIGNATURE_OFFSET..] != BOOT_SIGNATURE {
            return Err(Fault::new("section .bootsect, byte 510", "expected 55 AA"));
        }
        if boot_sector[PARTITION_TABLE_OFFSET..BOOT_SIGNATURE_OFFSET]
            .iter()
            .any(|&byte| byte != 0)
        {
            let problem = "expected zeros: the partition table goes there";
            return Err(Fault::new("section .bootsect, bytes 446 to 509", problem));
        }
        let loader = loader.section();
        let code = [section(elf, ".setup")?, section(elf, loader)?].concat();
        let mut setup = [0; SETUP_SECTORS * SECTOR_SIZE];
        let Some(start) = setup.get_mut(..code.len()).filter(|_| !code.is_empty()) else {
            let problem = format!("{} bytes, expected 1 to {}", code.len(), setup.len());
            return Err(Fault::new(format!("sections .setup and {loader}"), problem));
        };
        start.copy_from_slice(&code);
        Ok(BootCode {
            boot_sector,
            setup,
            unpacker: Unpacker::from_elf(elf)?,
        })
    }

    /// What an image without boot code has: `int 18h`, by which the BIOS goes
    /// on to the next device, and a halt in case it comes back.
    pub fn none() -> BootCode {
        let mut boot_sector = [0; SECTOR_SIZE];
        boot_sector[..5].copy_from_slice(&[0xcd, 0x18, 0xf4, 0xeb, 0xfd]);
        boot_sector[BOOT_SIGNATURE_OFFSET..].copy_from_slice(&BOOT_SIGNATURE);
        BootCode {
            boot_sector,
            setup: [0; SETUP_SECTORS * SECTOR_SIZE],
            unpacker: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::testing::ElfBuilder;

    fn boot_by(loader: Loader, bootsect: &[u8], setup: &[u8]) -> Result<BootCode, Fault> {
        let elf = ElfBuilder::new(0)
            .section(".bootsect", bootsect)
            .section(".setup", setup)
            .section(".load_disk", &[])
            .section(".load_floppy", &[4, 5]);
        BootCode::from_elf(&elf.build(), loader)
    }

    fn boot(bootsect: &[u8], setup: &[u8]) -> Result<BootCode, Fault> {
        boot_by(Loader::Disk, bootsect, setup)
    }

    #[test]
    fn sections_become_sectors() {
        let mut sector = BootCode::none().boot_sector;
        sector[0] = 0xfa;
        let code = boot(&sector, &[1, 2, 3]).unwrap();
        assert_eq!(code.boot_sector, sector);
        assert_eq!(code.setup[..4], [1, 2, 3, 0]);
        assert!(boot(&sector, &[1; 2048]).is_ok());
        let code = boot_by(Loader::Floppy, &sector, &[1, 2, 3]).unwrap();
        assert_eq!(code.setup[..6], [1, 2, 3, 4, 5, 0]);
    }

    #[test]
    fn wrong_boot_code_is_refused() {
        let good = BootCode::none().boot_sector;
        let fault = |bootsect: &[u8], setup: &[u8]| boot(bootsect, setup).unwrap_err().to_string();
        assert_eq!(
            fault(&good[..511], &[1]),
            "section .bootsect: 511 bytes, expected exactly 512"
        );
        assert_eq!(
            fault(&[0; 512], &[1]),
            "section .bootsect, byte 510: expected 55 AA"
        );
        assert_eq!(
            fault(&good, &[1; 2049]),
            "sections .setup and .load_disk: 2049 bytes, expected 1 to 2048"
        );
        assert_eq!(
            fault(&good, &[]),
            "sections .setup and .load_disk: 0 bytes, expected 1 to 2048"
        );
        let mut table = good;
        table[446] = 0x80;
        assert!(
            fault(&table, &[1]).starts_with("section .bootsect, bytes 446 to 509: expected zeros")
        );
        let without = ElfBuilder::new(0).section(".bootsect", &good).build();
        let fault = BootCode::from_elf(&without, Loader::Disk)
            .unwrap_err()
            .to_string();
        assert_eq!(fault, "section headers: expected a section .setup");
    }
}
