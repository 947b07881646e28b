// SPDX-License-Identifier: GPL-2.0-or-later
//! What `fork` does with each field of a process (0.11: `*p = *current`, and the
//! assignments after it in `copy_process`).
//!
//! [`process_struct!`](crate::process_struct) defines a struct whose fields are
//! under one of these headings, each with the value that it begins with:
//!
//! * `slot`: the field belongs to the slot, not to the process, and stays.
//! * `inherited`: a child has what its parent has.
//! * `fresh`: a child begins with the value that is written here, whatever the
//!   process had that used the slot before.
//!
//! `copy_from` is made of the same list, so a new field cannot be forgotten there.
//! It is called on a slot that nobody uses. Each field's type has a `copy_from` of
//! its own: [`AtomicWord`](crate::AtomicWord), [`Lock`](crate::Lock), or another of
//! these structs.

/// Defines a struct with the fields of a process; see the module.
#[macro_export]
macro_rules! process_struct {
    (
        $(#[$attribute:meta])*
        pub struct $name:ident $(<$lifetime:lifetime>)? {
            $(slot {
                $($(#[$slot_attribute:meta])*
                $slot_vis:vis $slot:ident: $slot_type:ty = $slot_value:expr,)*
            })?
            $(inherited {
                $($(#[$inherited_attribute:meta])*
                $inherited_vis:vis $inherited:ident: $inherited_type:ty = $inherited_value:expr,)*
            })?
            $(fresh {
                $($(#[$fresh_attribute:meta])*
                $fresh_vis:vis $fresh:ident: $fresh_type:ty = $fresh_value:expr,)*
            })?
        }
    ) => {
        $(#[$attribute])*
        pub struct $name $(<$lifetime>)? {
            $($($(#[$slot_attribute])* $slot_vis $slot: $slot_type,)*)?
            $($($(#[$inherited_attribute])* $inherited_vis $inherited: $inherited_type,)*)?
            $($($(#[$fresh_attribute])* $fresh_vis $fresh: $fresh_type,)*)?
        }

        impl $(<$lifetime>)? $name $(<$lifetime>)? {
            /// The value of the first process.
            #[allow(clippy::new_without_default)]
            pub const fn new() -> Self {
                $name {
                    $($($slot: $slot_value,)*)?
                    $($($inherited: $inherited_value,)*)?
                    $($($fresh: $fresh_value,)*)?
                }
            }

            /// Sets all fields to what a child of `parent` has, whatever was here
            /// before.
            pub fn copy_from(&self, parent: &Self) {
                let _ = parent;
                $($(self.$inherited.copy_from(&parent.$inherited);)*)?
                $($(self.$fresh.copy_from(&$fresh_value);)*)?
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use crate::{AtomicWord, Lock};

    process_struct! {
        pub struct Inner {
            inherited {
                limit: AtomicWord = AtomicWord::new(100),
            }
            fresh {
                used: AtomicWord = AtomicWord::new(0),
            }
        }
    }

    process_struct! {
        pub struct Process {
            slot {
                number: AtomicWord = AtomicWord::new(0),
            }
            inherited {
                user: AtomicWord = AtomicWord::new(1),
                name: Lock<[u8; 4]> = Lock::new(*b"init"),
                inner: Inner = Inner::new(),
            }
            fresh {
                signal: AtomicWord = AtomicWord::new(0),
                counter: AtomicWord = AtomicWord::new(15),
                saved: Lock<Option<u32>> = Lock::new(None),
                usage: Inner = Inner::new(),
            }
        }
    }

    /// All the fields, in the order in which they are declared.
    fn fields(process: &Process) -> [u32; 10] {
        [
            process.number.get(),
            process.user.get(),
            u32::from_le_bytes(*process.name.lock()),
            process.inner.limit.get(),
            process.inner.used.get(),
            process.signal.get(),
            process.counter.get(),
            process.saved.lock().unwrap_or(0),
            process.usage.limit.get(),
            process.usage.used.get(),
        ]
    }

    fn filled(from: u32) -> Process {
        let process = Process::new();
        process.number.set(from);
        process.user.set(from + 1);
        *process.name.lock() = (from + 2).to_le_bytes();
        process.inner.limit.set(from + 3);
        process.inner.used.set(from + 4);
        process.signal.set(from + 5);
        process.counter.set(from + 6);
        *process.saved.lock() = Some(from + 7);
        process.usage.limit.set(from + 8);
        process.usage.used.set(from + 9);
        process
    }

    #[test]
    fn a_slot_keeps_nothing_of_who_used_it_before() {
        let (slot, parent) = (filled(1000), filled(2000));
        slot.copy_from(&parent);
        assert_eq!(fields(&slot), [1000, 2001, 2002, 2003, 0, 0, 15, 0, 100, 0]);
    }
}
