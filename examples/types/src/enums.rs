//! Enums are numbers or strings; `Option` is a value or `undefined`; `Result` is a value or an exception.

use wasm_bindgen::prelude::*;

/// A number in JavaScript, and an object with the names.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    North = 0,
    East = 90,
    South = 180,
    West = 270,
}

/// The direction to the right of this one.
#[wasm_bindgen(js_name = turnRight)]
pub fn turn_right(from: Direction) -> Direction {
    match from {
        Direction::North => Direction::East,
        Direction::East => Direction::South,
        Direction::South => Direction::West,
        Direction::West => Direction::North,
    }
}

/// The direction with this name, if it is one.
#[wasm_bindgen]
pub fn direction(name: &str) -> Option<Direction> {
    use Direction::{East, North, South, West};
    let mut all = [North, East, South, West].into_iter();
    all.find(|direction| format!("{direction:?}").eq_ignore_ascii_case(name))
}

/// A string in JavaScript: `"small"`, `"medium"` or `"large"`.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    Small = "small",
    Medium = "medium",
    Large = "large",
}

/// The size that fits that much.
#[wasm_bindgen(js_name = sizeFor)]
pub fn size_for(litres: f64) -> Size {
    if litres < 1.0 {
        Size::Small
    } else if litres < 10.0 {
        Size::Medium
    } else {
        Size::Large
    }
}

/// How much fits into the size, in litres: nothing is known of other strings.
#[wasm_bindgen]
pub fn capacity(size: Size) -> Option<f64> {
    match size {
        Size::Small => Some(1.0),
        Size::Medium => Some(10.0),
        Size::Large => Some(100.0),
        _ => None,
    }
}

/// Half of it, or nothing of nothing.
#[wasm_bindgen]
pub fn half(value: Option<f64>) -> Option<f64> {
    value.map(|value| value / 2.0)
}

/// The quotient, or an exception.
#[wasm_bindgen]
pub fn divide(a: i32, b: i32) -> Result<i32, JsError> {
    a.checked_div(b)
        .ok_or_else(|| JsError::new("cannot divide by zero"))
}
