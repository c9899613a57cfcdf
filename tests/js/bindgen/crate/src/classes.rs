//! Classes in both directions, and enumerations.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum Direction {
    Up,
    Down = 5,
}

#[wasm_bindgen]
pub enum Size {
    Small = "small",
    Large = "large",
}

#[wasm_bindgen]
pub fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::Up => Direction::Down,
        Direction::Down => Direction::Up,
    }
}

#[wasm_bindgen]
pub fn other_size(size: Size) -> Size {
    match size {
        Size::Large => Size::Small,
        _ => Size::Large,
    }
}

/// A counter that notes when it is dropped.
#[wasm_bindgen]
pub struct Counter {
    pub step: i32,
    #[wasm_bindgen(readonly)]
    pub created: u32,
    name: String,
    value: i32,
}

#[wasm_bindgen]
impl Counter {
    #[wasm_bindgen(constructor)]
    pub fn new(name: &str) -> Counter {
        Counter {
            step: 1,
            created: 2024,
            name: name.to_owned(),
            value: 0,
        }
    }

    #[wasm_bindgen(js_name = startingAt)]
    pub fn starting_at(value: i32) -> Counter {
        let mut counter = Counter::new("started");
        counter.value = value;
        counter
    }

    pub fn advance(&mut self) -> i32 {
        self.value += self.step;
        self.value
    }

    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.name.clone()
    }

    #[wasm_bindgen(setter)]
    pub fn set_name(&mut self, name: String) {
        self.name = name;
    }

    /// Takes the other counter's value; the other is gone afterwards.
    pub fn absorb(&mut self, other: Counter) -> i32 {
        self.value += other.value;
        self.value
    }

    #[wasm_bindgen(js_name = isAhead)]
    pub fn is_ahead(&self, other: &Counter) -> bool {
        self.value > other.value
    }

    pub fn halves(&self) -> Vec<Counter> {
        [self.value / 2, self.value - self.value / 2]
            .map(Counter::starting_at)
            .into()
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        crate::note(&format!("dropped {} at {}", self.name, self.value));
    }
}

#[wasm_bindgen]
extern "C" {
    /// A class that the script defines.
    #[wasm_bindgen(js_namespace = host)]
    type Shape;

    #[wasm_bindgen(constructor, js_namespace = host)]
    fn new(sides: u32) -> Shape;

    #[wasm_bindgen(method, getter)]
    fn sides(this: &Shape) -> u32;

    #[wasm_bindgen(method, setter)]
    fn set_sides(this: &Shape, sides: u32);

    #[wasm_bindgen(method, structural)]
    fn describe(this: &Shape, prefix: &str) -> String;

    #[wasm_bindgen(static_method_of = Shape, js_namespace = host)]
    fn unit() -> Shape;
}

#[wasm_bindgen]
pub fn shapes() -> Vec<String> {
    let square = Shape::new(4);
    let before = square.describe("a");
    square.set_sides(square.sides() + 1);
    vec![
        before,
        square.describe("now a"),
        Shape::unit().describe("the"),
    ]
}
