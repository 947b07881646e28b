// SPDX-License-Identifier: GPL-2.0-or-later
//! Tests of the line discipline.

use super::*;
use abi::termios::VEOL;

/// A sink that keeps what it gets.
#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    limit: Option<usize>,
}

impl Sink for Kept {
    fn room(&self) -> usize {
        self.limit
            .map_or(usize::MAX, |limit| limit - self.bytes.len())
    }
    fn put(&mut self, bytes: &[u8]) {
        assert!(bytes.len() <= self.room());
        self.bytes.extend_from_slice(bytes);
    }
    fn discard(&mut self) {
        self.bytes.clear();
    }
}

/// A terminal, and what it shows.
struct Terminal {
    line: LineDiscipline,
    shown: Kept,
}

impl Terminal {
    fn new() -> Terminal {
        let mut line = LineDiscipline::new();
        line.set_defaults(0);
        Terminal {
            line,
            shown: Kept::default(),
        }
    }

    fn with(change: impl FnOnce(&mut Termios)) -> Terminal {
        let mut terminal = Terminal::new();
        change(&mut terminal.line.termios);
        terminal
    }

    fn type_text(&mut self, text: &str) -> Event {
        text.bytes().fold(Event::NONE, |_, byte| {
            self.line.receive(byte, &mut self.shown)
        })
    }

    fn read(&mut self, size: usize) -> Option<String> {
        let mut bytes = vec![0; size];
        if self.line.readable() == 0 {
            return None;
        }
        let taken = self.line.take(&mut bytes);
        bytes.truncate(taken.count);
        Some(String::from_utf8(bytes).unwrap())
    }

    /// Does the rest of the editing; says how many pieces that took.
    fn finish(&mut self) -> usize {
        let mut pieces = 0;
        while self.line.is_busy() {
            self.line.go_on(&mut self.shown);
            pieces += 1;
        }
        pieces
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown.bytes).into_owned()
    }

    fn write(&mut self, text: &str) -> String {
        self.shown.bytes.clear();
        assert_eq!(
            self.line.write(text.as_bytes(), &mut self.shown),
            text.len()
        );
        self.shown()
    }
}

#[test]
fn a_queue_as_sink() {
    let mut queue: Queue<u8, 4> = Queue::new(0);
    let sink: &mut dyn Sink = &mut queue;
    sink.put_if_room(b"abc");
    sink.put_if_room(b"de");
    assert_eq!(sink.room(), 1);
    sink.discard();
    assert_eq!(sink.room(), 4);
    sink.put(b"f");
    assert_eq!(queue.pop(), Some(b'f'));
    assert_eq!(queue.pop(), None);
}

/// What a read gives of typed text, and what is shown of it.
#[track_caller]
fn check(typed: &str, read: &str, shown: &str) {
    let mut terminal = Terminal::new();
    terminal.type_text(typed);
    assert_eq!(terminal.read(100).as_deref(), Some(read));
    assert_eq!(terminal.shown(), shown);
}

#[test]
fn a_line_is_read_when_it_has_ended() {
    let mut terminal = Terminal::new();
    assert!(!terminal.line.stopped);
    assert!(!terminal.type_text("ls").readable);
    assert_eq!(terminal.read(10), None);
    assert_eq!(
        terminal.type_text("\r"),
        Event {
            signal: None,
            readable: true,
            started: false
        }
    );
    terminal.type_text("second\n");
    assert_eq!(terminal.read(2).as_deref(), Some("ls"));
    assert_eq!(terminal.read(10).as_deref(), Some("\n"));
    assert_eq!(terminal.read(10).as_deref(), Some("second\n"));
    assert_eq!(terminal.read(10), None);
    assert_eq!(terminal.shown(), "ls\r\nsecond\r\n");
}

#[test]
fn erase_and_kill() {
    check("lx\x7fs\n", "ls\n", "lx\x08 \x08s\r\n");
    check("\x7f\x7fa\n", "a\n", "a\r\n");
    check("\x01\x7fa\n", "a\n", "^A\x08 \x08\x08 \x08a\r\n");
    check("abc\x15d\n", "d\n", "abc\x08 \x08\x08 \x08\x08 \x08d\r\n");
    check(
        "one two  \x17x\n",
        "one x\n",
        "one two  \x08 \x08\x08 \x08\x08 \x08\x08 \x08\x08 \x08x\r\n",
    );
    check("\x17a\n", "a\n", "a\r\n");
    // What was ended cannot be changed any more.
    check("a\n\x7f\x15\x17", "a\n", "a\r\n");
}

#[test]
fn erasing_a_tab_goes_back_over_its_columns() {
    check("ab\t\x7fc\n", "abc\n", "ab\t\x08\x08\x08\x08\x08\x08c\r\n");
    let mut terminal = Terminal::new();
    terminal.write("$ ");
    terminal.type_text("\t\t\x7f");
    assert_eq!(terminal.shown(), "$ \t\t\x08\x08\x08\x08\x08\x08\x08\x08");
    terminal.type_text("\x7f");
    assert!(terminal.shown().ends_with(&"\x08".repeat(14)));
    // With a tab left before it, and after other characters were erased.
    let mut terminal = Terminal::new();
    terminal.type_text("\tab\x7f\t\x7fc\td\x7f\x7f");
    assert!(terminal.shown().ends_with("\x08\x08\x08\x08\x08\x08"));
    let after = terminal.shown();
    assert_eq!(
        after,
        "\tab\x08 \x08\t\x08\x08\x08\x08\x08\x08\x08c\td\x08 \x08\x08\x08\x08\x08\x08\x08"
    );
}

#[test]
fn kill_without_echoke_goes_to_a_new_line() {
    let mut terminal = Terminal::with(|termios| termios.c_lflag.remove(LocalFlags::ECHOKE));
    terminal.type_text("abc\x15d\n");
    assert_eq!(terminal.shown(), "abc^U\r\nd\r\n");
    assert_eq!(terminal.read(9).as_deref(), Some("d\n"));
}

#[test]
fn literal_and_reprint() {
    check("a\x16\x03b\n", "a\x03b\n", "a^\x08^Cb\r\n");
    check("ab\x12c\n", "abc\n", "ab^R\r\nabc\r\n");
}

#[test]
fn end_of_file() {
    let mut terminal = Terminal::new();
    terminal.type_text("\x04");
    assert_eq!(terminal.read(10).as_deref(), Some(""));
    terminal.type_text("abc\x04\x04");
    assert_eq!(terminal.read(10).as_deref(), Some("abc"));
    assert_eq!(terminal.read(10).as_deref(), Some(""));
    // A read of just what was typed takes the end with it.
    terminal.type_text("abc\x04");
    assert_eq!(terminal.read(3).as_deref(), Some("abc"));
    assert_eq!(terminal.read(3), None);
    assert_eq!(terminal.shown(), "abcabc");
    // But an end of file at the front is one.
    terminal.type_text("\x04\x04");
    let taken = terminal.line.take(&mut [0; 4]);
    assert_eq!((taken.count, taken.end), (0, true));
    assert_eq!(terminal.line.readable(), 1);
    terminal.type_text("abc\x04");
    assert_eq!(terminal.read(9).as_deref(), Some(""));
    let taken = terminal.line.take(&mut [0; 3]);
    assert_eq!((taken.count, taken.end), (3, true));
}

#[test]
fn other_line_ends() {
    let mut terminal = Terminal::with(|termios| termios.c_cc[VEOL] = b';');
    terminal.type_text("a;b\0");
    assert_eq!(terminal.read(9).as_deref(), Some("a;"));
    assert_eq!(terminal.read(9), None);
}

#[test]
fn signals() {
    for (typed, signal) in [
        ("\x03", Signal::SIGINT),
        ("\x1c", Signal::SIGQUIT),
        ("\x1a", Signal::SIGTSTP),
    ] {
        let mut terminal = Terminal::new();
        terminal.type_text("line\nhalf");
        assert_eq!(terminal.type_text(typed).signal, Some(signal));
        assert_eq!(terminal.read(9), None);
        // Output that waited is gone as well.
        assert_eq!(
            terminal.shown(),
            format!("^{}", char::from(typed.as_bytes()[0] ^ 0x40))
        );
    }
    let mut terminal = Terminal::with(|termios| termios.c_lflag.insert(LocalFlags::NOFLSH));
    terminal.type_text("line\n\x03");
    assert_eq!(terminal.read(9).as_deref(), Some("line\n"));
    let mut terminal = Terminal::with(|termios| termios.c_lflag.remove(LocalFlags::ISIG));
    assert_eq!(terminal.type_text("\x03\n").signal, None);
    assert_eq!(terminal.read(9).as_deref(), Some("\x03\n"));
}

#[test]
fn a_full_queue_takes_line_ends_and_signals() {
    let mut terminal = Terminal::new();
    terminal.type_text(&"x".repeat(COOKED_SIZE + 10));
    assert!(
        terminal
            .shown()
            .ends_with("x\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07")
    );
    assert_eq!(terminal.type_text("\n"), Event::READABLE);
    assert_eq!(
        terminal.read(2 * COOKED_SIZE).map(|line| line.len()),
        Some(COOKED_SIZE)
    );
    terminal.type_text(&"x\n".repeat(COOKED_SIZE));
    terminal.shown.bytes.clear();
    terminal.type_text("\n");
    assert_eq!(terminal.shown(), "\r\n\x07");
    assert_eq!(terminal.type_text("\x16\x03").signal, None);
    terminal.type_text("\x16");
    assert_eq!(terminal.read(9).as_deref(), Some("x\n"));
    terminal.line.flush_input();
    assert_eq!(terminal.type_text("\x03").signal, Some(Signal::SIGINT));
    assert_eq!(terminal.read(9), None);
}

#[test]
fn stopping_and_starting() {
    let mut terminal = Terminal::new();
    terminal.type_text("\x13");
    assert!(terminal.line.stopped);
    assert!(!terminal.type_text("a").started && terminal.line.stopped);
    assert!(terminal.type_text("\x11").started && !terminal.line.stopped);
    assert!(!terminal.type_text("\x11").started);
    terminal.type_text("\x13");
    assert!(terminal.type_text("\x03").started && !terminal.line.stopped);

    let mut terminal = Terminal::with(|termios| termios.c_iflag.insert(InputFlags::IXANY));
    terminal.type_text("\x13");
    assert!(terminal.type_text("a").started);

    let mut terminal = Terminal::with(|termios| termios.c_iflag.remove(InputFlags::IXON));
    terminal.type_text("\x13\n");
    assert_eq!(terminal.read(9).as_deref(), Some("\x13\n"));
}

#[test]
fn input_translation() {
    for (flags, typed, read) in [
        (InputFlags::ICRNL, "a\r", "a\n"),
        (InputFlags::IGNCR, "a\r\n", "a\n"),
        (InputFlags::IUCLC, "aBC\n", "abc\n"),
        (InputFlags::ISTRIP, "\u{e1}\n", "C!\n"),
        (InputFlags::INLCR | InputFlags::IXON, "a\nb\x04", "a\rb"),
    ] {
        let mut terminal = Terminal::with(|termios| termios.c_iflag = flags);
        terminal.type_text(typed);
        assert_eq!(terminal.read(9).as_deref(), Some(read), "{flags:?}");
    }
}

#[test]
fn raw_input_comes_at_once_and_unchanged() {
    let mut terminal = Terminal::with(|termios| {
        termios.c_iflag = InputFlags::empty();
        termios.c_lflag = LocalFlags::empty();
        termios.c_cc[VMIN] = 3;
        termios.c_cc[VTIME] = 7;
    });
    assert_eq!(terminal.line.min_and_time(), (3, 7));
    assert_eq!(terminal.type_text("\x7f"), Event::READABLE);
    terminal.type_text("\x03\x04\r\n\x15\x16");
    assert_eq!(terminal.read(2).as_deref(), Some("\x7f\x03"));
    assert_eq!(terminal.read(9).as_deref(), Some("\x04\r\n\x15\x16"));
    assert_eq!(terminal.shown(), "");
}

#[test]
fn a_change_of_mode_loses_nothing() {
    let mut terminal = Terminal::new();
    terminal.type_text("one\ntw");
    terminal.line.termios.c_lflag.remove(LocalFlags::ICANON);
    assert_eq!(terminal.line.readable(), 6);
    terminal.type_text("o\n");
    terminal.line.termios.c_lflag.insert(LocalFlags::ICANON);
    assert_eq!(terminal.read(9).as_deref(), Some("one\n"));
    assert_eq!(terminal.read(9).as_deref(), Some("two\n"));
}

#[test]
fn echo_follows_its_flags() {
    let mut terminal = Terminal::with(|termios| {
        termios.c_lflag.remove(LocalFlags::ECHO);
        termios.c_lflag.insert(LocalFlags::ECHONL);
    });
    terminal.type_text("secret\x7f\x15x\n");
    assert_eq!(terminal.shown(), "\r\n");
    let mut terminal = Terminal::with(|termios| termios.c_lflag.remove(LocalFlags::ECHOCTL));
    terminal.type_text("\x01\x7f\x16\x16");
    assert_eq!(terminal.shown(), "\x01\x16");
}

#[test]
fn output_processing() {
    let on = OutputFlags::OPOST;
    for (flags, text, shown) in [
        (OutputFlags::ONLCR, "a\nB\tc", "a\nB\tc"),
        (on, "a\nB\tc\r", "a\nB\tc\r"),
        (on | OutputFlags::ONLCR, "a\nb", "a\r\nb"),
        (on | OutputFlags::OCRNL, "a\rb", "a\nb"),
        (on | OutputFlags::OLCUC, "aZ1\n", "AZ1\n"),
        (on | OutputFlags::ONOCR, "\ra\r\rb", "a\rb"),
        (
            on | OutputFlags::ONOCR | OutputFlags::ONLRET,
            "a\n\rb",
            "a\nb",
        ),
        (
            on | OutputFlags::XTABS,
            "ab\tc\x08\t",
            "ab      c\x08        ",
        ),
    ] {
        let mut terminal = Terminal::with(|termios| termios.c_oflag = flags);
        assert_eq!(terminal.write(text), shown, "{flags:?}");
    }
}

#[test]
fn output_stops_when_the_sink_is_full() {
    let mut terminal = Terminal::new();
    terminal.shown.limit = Some(20);
    let text = "0123456789\n0123456789\n";
    let count = terminal.line.write(text.as_bytes(), &mut terminal.shown);
    assert_eq!(count, 19);
    assert_eq!(terminal.shown(), "0123456789\r\n01234567");
    assert_eq!(terminal.line.write(b"89", &mut terminal.shown), 0);
    // Just enough room for the longest that a byte can become.
    terminal.shown.limit = Some(28);
    assert_eq!(terminal.line.write(b"\t\t", &mut terminal.shown), 1);
}

#[test]
fn nothing_typed_breaks_it() {
    for flags in [
        0,
        0xFFFF_FFFF,
        LocalFlags::ICANON.bits(),
        LocalFlags::ECHO.bits() | 2,
    ] {
        let mut terminal = Terminal::with(|termios| {
            termios.c_lflag = LocalFlags::from_bits_retain(flags);
        });
        terminal.shown.limit = Some(5000);
        let mut number = 1u32;
        for _ in 0..100_000 {
            number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let byte = (number >> 16) as u8;
            terminal.line.receive(
                byte & if byte & 0x80 == 0 { 0x1F } else { 0x7F },
                &mut terminal.shown,
            );
            if number >> 28 == 0 {
                terminal.read(number as usize >> 20 & 0x3F);
                terminal.shown.bytes.clear();
            }
        }
    }
}

fn with_input(flags: InputFlags) -> Terminal {
    Terminal::with(|termios| {
        termios.c_iflag = flags;
        termios.c_lflag = LocalFlags::ISIG;
    })
}

#[test]
fn breaks() {
    for (flags, read, signal) in [
        (InputFlags::IGNBRK | InputFlags::BRKINT, None, None),
        (InputFlags::BRKINT, None, Some(Signal::SIGINT)),
        (InputFlags::empty(), Some("x\0"), None),
        (InputFlags::IGNPAR, Some("x\0"), None),
    ] {
        let mut terminal = with_input(flags);
        terminal.type_text("x");
        let event = terminal
            .line
            .receive_bad(0, LineError::Break, &mut terminal.shown);
        assert_eq!(event.signal, signal);
        assert_eq!(event.readable, read.is_some());
        if flags.contains(InputFlags::IGNBRK) {
            assert_eq!(terminal.read(9).as_deref(), Some("x"));
        } else {
            assert_eq!(terminal.read(9).as_deref(), read);
        }
    }
}

#[test]
fn bytes_with_errors_are_passed_dropped_or_marked() {
    let read = |flags: InputFlags, error| {
        let mut terminal = with_input(flags);
        terminal.line.receive_bad(b'a', error, &mut terminal.shown);
        terminal.line.receive(0xFF, &mut terminal.shown);
        let mut bytes = [0; 9];
        let count = terminal.line.take(&mut bytes).count;
        bytes[..count].to_vec()
    };
    let check = InputFlags::INPCK;
    for (flags, bytes) in [
        (InputFlags::empty(), &b"a\xFF"[..]),
        (InputFlags::IGNPAR, b"a\xFF"),
        (check, b"\0\xFF"),
        (check | InputFlags::IGNPAR, b"\xFF"),
        (check | InputFlags::PARMRK, b"\xFF\0a\xFF\xFF"),
        (
            check | InputFlags::PARMRK | InputFlags::ISTRIP,
            b"\xFF\0a\x7F",
        ),
        (InputFlags::PARMRK, b"a\xFF\xFF"),
    ] {
        assert_eq!(read(flags, LineError::Parity), bytes, "{flags:?}");
    }
    assert_eq!(
        read(InputFlags::PARMRK, LineError::Break),
        b"\xFF\0\0\xFF\xFF"
    );
}

#[test]
fn the_other_side_is_asked_to_stop_and_to_go_on() {
    let (start, stop) = (control(b'Q'), control(b'S'));
    for by_line in [false, true] {
        let mut terminal = Terminal::with(|termios| {
            termios.c_lflag = LocalFlags::empty();
            termios.c_iflag.set(InputFlags::IXOFF, !by_line);
            termios.c_cflag.set(ControlFlags::CRTSCTS, by_line);
        });
        let sent = |byte| (!by_line).then_some(byte);
        terminal.type_text(&"x".repeat(THROTTLE - 1));
        assert!(!terminal.line.throttled);
        terminal.type_text("x");
        assert!(terminal.line.throttled);
        assert_eq!(terminal.line.x_char.take(), sent(stop));
        terminal.type_text("xx");
        assert_eq!(terminal.line.x_char, None);
        let mut bytes = [0; THROTTLE];
        let taken = terminal.line.take(&mut bytes[..THROTTLE - RELEASE]);
        assert!(!taken.unthrottled);
        let taken = terminal.line.take(&mut bytes[..2]);
        assert!(taken.unthrottled);
        assert_eq!(terminal.line.x_char.take(), sent(start));
        // What is flushed is room as well.
        terminal.type_text(&"x".repeat(THROTTLE));
        terminal.line.flush_input();
        assert!(!terminal.line.throttled);
        assert_eq!(terminal.line.x_char, sent(start));
    }
}

#[test]
fn has_input_as_minimum_and_time_say() {
    let mut terminal = with_input(InputFlags::empty());
    for (minimum, time, typed, expected) in [
        (0, 0, 0, false),
        (0, 0, 1, true),
        (3, 0, 2, false),
        (3, 0, 3, true),
        (3, 1, 0, false),
        (3, 1, 1, true),
    ] {
        terminal.line.flush_input();
        let characters = &mut terminal.line.termios.c_cc;
        (characters[VMIN], characters[VTIME]) = (minimum, time);
        terminal.type_text(&"x".repeat(typed));
        assert_eq!(terminal.line.has_input(), expected);
    }
    let mut terminal = Terminal::new();
    terminal.line.termios.c_cc[VMIN] = 200;
    terminal.type_text("x");
    assert!(!terminal.line.has_input());
    terminal.type_text("\n");
    assert!(terminal.line.has_input());
}

#[test]
fn output_is_discarded() {
    let mut terminal = Terminal::new();
    terminal.type_text("\x0f");
    assert_eq!(terminal.write("unseen"), "");
    terminal.type_text("\x0f");
    assert_eq!(terminal.write("seen"), "seen");
    terminal.type_text("\x0fa");
    assert_eq!(terminal.write("seen"), "seen");
    assert_eq!(terminal.line.cooked.len(), 1);
}

#[test]
fn erased_characters_are_shown_on_paper() {
    let mut terminal = Terminal::with(|termios| termios.c_lflag.insert(LocalFlags::ECHOPRT));
    terminal.type_text("abc\x7f\x7fd\x17e\n");
    assert_eq!(terminal.shown(), "abc\\cb/d\\da/e\r\n");
    assert_eq!(terminal.read(9).as_deref(), Some("e\n"));
}

#[test]
fn pending_input_is_shown_again() {
    let mut terminal = Terminal::new();
    terminal.type_text("ab");
    terminal.line.termios.c_lflag.insert(LocalFlags::PENDIN);
    terminal.type_text("cd");
    assert_eq!(terminal.shown(), "ab\r\nabcd");
}

#[test]
fn capitals_of_a_terminal_without() {
    let mut terminal = Terminal::with(|termios| {
        termios.c_lflag.insert(LocalFlags::XCASE);
        termios.c_iflag.insert(InputFlags::IUCLC);
        termios.c_oflag.insert(OutputFlags::OLCUC);
    });
    terminal.type_text("A\\B\\1\n");
    assert_eq!(terminal.read(9).as_deref(), Some("aB\\1\n"));
    assert_eq!(terminal.write("aB1\n"), "A\\B1\r\n");
}

/// A line as long as can be.
fn long_line(character: char) -> Terminal {
    let mut terminal = Terminal::new();
    terminal.type_text(&character.to_string().repeat(COOKED_SIZE));
    assert_eq!(terminal.line.typed, COOKED_SIZE - 1);
    terminal.shown.bytes.clear();
    terminal
}

#[test]
fn a_byte_costs_no_more_than_a_piece() {
    // ^U, ^W and ^R.
    for (byte, character) in [(21, '\t'), (21, 'x'), (23, 'x'), (23, ' '), (18, 'x')] {
        let mut terminal = long_line(character);
        terminal.line.receive(byte, &mut terminal.shown);
        let mut most = 0;
        while terminal.line.is_busy() {
            most = most.max(terminal.shown.bytes.len());
            terminal.shown.bytes.clear();
            terminal.line.go_on(&mut terminal.shown);
        }
        assert!((1..1000).contains(&most), "{byte}: {most}");
        let left = if byte == 18 { COOKED_SIZE - 1 } else { 0 };
        assert_eq!(terminal.line.typed, left);
    }
}

#[test]
fn a_long_line_is_erased_to_where_it_began() {
    let mut terminal = long_line('\t');
    terminal.type_text("\x15");
    assert!(terminal.finish() > 10);
    assert_eq!(terminal.shown(), "\x08".repeat(8 * (COOKED_SIZE - 1)));
    assert_eq!(terminal.line.column, 0);
}

#[test]
fn what_is_typed_while_a_line_is_edited_waits() {
    let mut terminal = long_line('x');
    terminal.type_text("\x15one\x15two\r");
    assert_eq!(terminal.read(100), None);
    terminal.finish();
    assert_eq!(terminal.read(100).as_deref(), Some("two\n"));
}

#[test]
fn signals_and_flow_control_do_not_wait() {
    let mut terminal = long_line('x');
    assert_eq!(
        terminal.type_text("\x15one\x03").signal,
        Some(Signal::SIGINT)
    );
    assert_eq!(terminal.finish(), 0);
    assert_eq!(terminal.type_text("two\r"), Event::READABLE);
    assert_eq!(terminal.read(100).as_deref(), Some("two\n"));

    let mut terminal = long_line('x');
    terminal.type_text("\x15one\x13");
    assert!(terminal.line.stopped);
    assert!(terminal.type_text("\x11").started);
    terminal.type_text("\r");
    terminal.finish();
    assert_eq!(terminal.read(100).as_deref(), Some("one\n"));
}

#[test]
fn what_is_erased_took_the_columns_it_took_when_shown() {
    let mut terminal = Terminal::new();
    terminal.type_text("ab\tc");
    // Somebody else writes in between; then it is shown again.
    terminal.write("!!\n");
    terminal.write("1234567");
    terminal.line.termios.c_lflag.insert(LocalFlags::PENDIN);
    terminal.shown.bytes.clear();
    terminal.type_text("\x7f\x7f");
    assert_eq!(
        terminal.shown(),
        format!("\r\nab\tc\x08 \x08{}", "\x08".repeat(6))
    );
    // Without echo there was nothing to see, and nothing is erased.
    let mut terminal = Terminal::with(|it| it.c_lflag.remove(LocalFlags::ECHO));
    terminal.type_text("ab");
    terminal.line.termios.c_lflag.insert(LocalFlags::ECHO);
    terminal.type_text("\x7f");
    assert_eq!(terminal.shown(), "");
}
