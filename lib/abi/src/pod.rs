// SPDX-License-Identifier: GPL-2.0-or-later
//! Plain-old-data: values that are nothing but their bytes.
//!
//! A structure that crosses the border between kernel and program is copied as
//! bytes. [`Pod`] marks the types for which that is sound in both directions.
//! [`abi_struct!`](crate::abi_struct) declares all of them: each field is beside
//! the offset that it must have.
//!
//! The kernel answers `stat` by `copy_to_user(address, stat.as_bytes())` and
//! reads a `termios` by `copy_from_user(termios.as_bytes_mut(), address)`.

use core::mem::{size_of, size_of_val};

#[doc(hidden)]
pub use static_assertions;

/// A type of which any bytes are a value, and whose values have no padding.
///
/// # Safety
/// Every bit pattern must be a valid value; there must be no padding byte, no
/// pointer or reference, and no interior mutability.
pub unsafe trait Pod: Copy + 'static {
    /// The value whose bytes are all zero.
    fn zeroed() -> Self {
        // SAFETY: any bytes are a value, so zeroes are.
        unsafe { core::mem::zeroed() }
    }

    /// The bytes of the value, in the machine's order (little-endian).
    fn as_bytes(&self) -> &[u8] {
        let start = core::ptr::from_ref(self).cast::<u8>();
        // SAFETY: the value is borrowed, and without padding all its bytes
        // are initialised.
        unsafe { core::slice::from_raw_parts(start, size_of_val(self)) }
    }

    /// The bytes of the value, to be written.
    fn as_bytes_mut(&mut self) -> &mut [u8] {
        let start = core::ptr::from_mut(self).cast::<u8>();
        // SAFETY: the value is exclusively borrowed, and whatever is written
        // leaves a valid value.
        unsafe { core::slice::from_raw_parts_mut(start, size_of_val(self)) }
    }

    /// The value at the start of `bytes`, or `None` if they are too few.
    /// `bytes` need not be aligned.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let source = bytes.get(..size_of::<Self>())?;
        let mut value = Self::zeroed();
        value.as_bytes_mut().copy_from_slice(source);
        Some(value)
    }
}

macro_rules! integers_are_pod {
    ($($integer:ty)*) => {
        // SAFETY: integers have no padding and no invalid value.
        $(unsafe impl Pod for $integer {})*
    };
}
integers_are_pod!(u8 u16 u32 u64 i8 i16 i32 i64);

// SAFETY: the elements of an array follow each other without a gap.
unsafe impl<T: Pod, const N: usize> Pod for [T; N] {}

/// Marks newtypes of a single [`Pod`] field.
macro_rules! transparent_pod {
    ($($newtype:ty: $inner:ty),*) => {
        $(
            static_assertions::assert_eq_size!($newtype, $inner);
            // SAFETY: `repr(transparent)` over an integer.
            unsafe impl Pod for $newtype {}
        )*
    };
}
transparent_pod!(
    crate::sys::types::UserAddress: u32,
    crate::sys::types::Device: u16,
    crate::signal::SignalSet: u32,
    crate::termios::InputFlags: u32,
    crate::termios::OutputFlags: u32,
    crate::termios::ControlFlags: u32,
    crate::termios::LocalFlags: u32
);

/// Declares a structure of the ABI, in C layout, with the offset of each field and
/// the size of the structure.
///
/// It does not compile unless every field is [`Pod`](crate::pod::Pod), begins
/// at its offset, and the fields fill the structure: bytes that a C compiler
/// would insert are named as fields (`pad...`, always zero), so that nothing
/// of the kernel's memory ever leaks to a program through them.
///
/// ```
/// abi::abi_struct! {
///     /// A point.
///     pub struct Point, 4 bytes {
///         /// Column.
///         0 => x: u16,
///         /// Row.
///         2 => y: u16,
///     }
/// }
/// use abi::pod::Pod;
/// assert_eq!(Point { x: 1, y: 2 }.as_bytes(), [1, 0, 2, 0]);
/// ```
#[macro_export]
macro_rules! abi_struct {
    (
        $(#[$meta:meta])*
        pub struct $name:ident, $size:literal bytes {
            $($(#[$field_meta:meta])* $offset:literal => $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$meta])*
        #[repr(C)]
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
        }

        $crate::pod::static_assertions::const_assert_eq!(core::mem::size_of::<$name>(), $size);
        $crate::pod::static_assertions::const_assert_eq!(
            0 $(+ core::mem::size_of::<$type>())*,
            $size
        );
        $(
            $crate::pod::static_assertions::const_assert_eq!(
                core::mem::offset_of!($name, $field),
                $offset
            );
            $crate::pod::static_assertions::assert_impl_all!($type: $crate::pod::Pod);
        )*

        // SAFETY: each field is Pod, and as their sizes add up to the size of
        // the whole, there is no padding (all asserted above).
        unsafe impl $crate::pod::Pod for $name {}

        impl Default for $name {
            fn default() -> Self {
                <Self as $crate::pod::Pod>::zeroed()
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_there_and_back() {
        let numbers: [u16; 2] = [0x0201, 0x0403];
        assert_eq!(numbers.as_bytes(), [1, 2, 3, 4]);
        assert_eq!(<[u16; 2]>::from_bytes(&[1, 2, 3, 4, 5]), Some(numbers));
        assert_eq!(<[u16; 2]>::from_bytes(&[1, 2, 3]), None);
        assert_eq!(u32::zeroed(), 0);
    }
}
