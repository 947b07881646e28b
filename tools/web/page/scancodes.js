// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * What a keyboard of a PC sends for each key: scancodes of set 1, the codes that
 * 0.11's `kernel/chr_drv/keyboard.S` reads. A key that is released sends its
 * code with bit 7 set.
 */

const RELEASED = 0x80;
const EXTENDED = 0xe0;
const SHIFT = 42;

/** Rows of keys with consecutive codes, by the browser's names. */
const ROWS = /** @type {[number, string][]} */ ([
    [1, "Escape Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal Backspace"],
    [15, "Tab KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Enter"],
    [29, "ControlLeft KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backquote"],
    [42, "ShiftLeft Backslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash ShiftRight"],
    [55, "NumpadMultiply AltLeft Space CapsLock F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NumLock ScrollLock"],
    [71, "Numpad7 Numpad8 Numpad9 NumpadSubtract Numpad4 Numpad5 Numpad6 NumpadAdd Numpad1 Numpad2 Numpad3"],
    [82, "Numpad0 NumpadDecimal"],
    [86, "IntlBackslash F11 F12"],
]);
/** Keys that send 0xE0 before their code. */
const EXTENDED_KEYS = {
    NumpadEnter: 28, ControlRight: 29, NumpadDivide: 53, AltRight: 56, Home: 71, ArrowUp: 72, PageUp: 73,
    ArrowLeft: 75, ArrowRight: 77, End: 79, ArrowDown: 80, PageDown: 81, Insert: 82, Delete: 83,
};
/** Characters of the same rows on a keyboard of the United States, without and with shift. */
const CHARACTERS = /** @type {[number, string, string][]} */ ([
    [2, "1234567890-=", "!@#$%^&*()_+"],
    [16, "qwertyuiop[]", "QWERTYUIOP{}"],
    [30, "asdfghjkl;'`", 'ASDFGHJKL:"~'],
    [43, "\\zxcvbnm,./", "|ZXCVBNM<>?"],
    [57, " ", " "],
]);
const CONTROLS = { "\n": 28, "\r": 28, "\t": 15, "\b": 14, "\x1b": 1 };

/** The codes of each key by the browser's name. @type {Map<string, number[]>} */
const KEYS = new Map(Object.entries(EXTENDED_KEYS).map(([key, code]) => [key, [EXTENDED, code]]));
for (const [first, names] of ROWS) {
    names.split(" ").forEach((name, at) => KEYS.set(name, [first + at]));
}
/** The key of each character. @type {Map<string, { code: number, shift: boolean }>} */
const STROKES = new Map(Object.entries(CONTROLS).map(([character, code]) => [character, { code, shift: false }]));
for (const [first, plain, shifted] of CHARACTERS) {
    [...shifted].forEach((character, at) => STROKES.set(character, { code: first + at, shift: true }));
    [...plain].forEach((character, at) => STROKES.set(character, { code: first + at, shift: false }));
}

/**
 * What a key sends when it is pressed or released; nothing for one that a PC lacks.
 * @type {(key: string, isDown: boolean) => number[]}
 */
export function ofKey(key, isDown) {
    const codes = KEYS.get(key) ?? [];
    return isDown ? codes : codes.map((code) => (code === EXTENDED ? code : code | RELEASED));
}

/**
 * What a character's key and its shift send, while shift is held or not; nothing for one that the keyboard lacks.
 * @type {(character: string, shiftIsHeld?: boolean) => number[]}
 */
export function ofCharacter(character, shiftIsHeld = false) {
    const stroke = STROKES.get(character);
    if (!stroke) return [];
    const press = [stroke.code, stroke.code | RELEASED];
    if (stroke.shift === shiftIsHeld || character === " ") return press;
    return stroke.shift ? [SHIFT, ...press, SHIFT | RELEASED] : [SHIFT | RELEASED, ...press, SHIFT];
}
