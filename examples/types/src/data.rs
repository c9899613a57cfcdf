//! Whole structures: through serde they become plain objects and arrays; `js_sys` has JavaScript's own collections.

use std::collections::BTreeMap;

use js_sys::{Array, Iterator, Map};
use serde::{Deserialize, Serialize};
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

/// A recipe, as an object of JavaScript.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipe {
    title: String,
    servings: u32,
    ingredients: Vec<Ingredient>,
    #[serde(default)]
    notes: BTreeMap<String, String>,
    baked_at: Option<u16>,
}

#[derive(Serialize, Deserialize)]
struct Ingredient {
    name: String,
    amount: Amount,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum Amount {
    Grams { grams: f64 },
    Pieces { count: f64 },
    ToTaste,
}

/// The recipe for other people: an object in, an object out.
#[wasm_bindgen]
pub fn scale(recipe: JsValue, servings: u32) -> Result<JsValue, JsValue> {
    let mut recipe: Recipe = serde_wasm_bindgen::from_value(recipe)?;
    let factor = f64::from(servings) / f64::from(recipe.servings);
    for ingredient in &mut recipe.ingredients {
        match &mut ingredient.amount {
            Amount::Grams { grams: amount } | Amount::Pieces { count: amount } => *amount *= factor,
            Amount::ToTaste => {}
        }
    }
    recipe.servings = servings;
    recipe.notes.insert("scaled".into(), format!("by {factor}"));
    // By default, maps become a `Map` and `None` becomes `undefined`.
    Ok(recipe.serialize(&Serializer::json_compatible())?)
}

/// How often each word occurs, as a `Map` in the order of the words.
#[wasm_bindgen(js_name = countWords)]
pub fn count_words(text: &str) -> Map {
    let mut counts = BTreeMap::<&str, u32>::new();
    for word in text.split_whitespace() {
        *counts.entry(word).or_default() += 1;
    }
    let map = Map::new();
    for (word, count) in counts {
        map.set(&word.into(), &count.into());
    }
    map
}

/// Adds up what is in a `Map`, whatever its keys.
#[wasm_bindgen(js_name = totalOf)]
pub fn total_of(map: &Map) -> f64 {
    let mut total = 0.0;
    map.for_each(&mut |value, _| total += value.as_f64().unwrap_or(f64::NAN));
    total
}

/// The first of anything that can be iterated: an array, a set, a generator that never ends.
#[wasm_bindgen]
pub fn take(values: &JsValue, count: u32) -> Result<Array, JsValue> {
    let iterator = match values.is_object() {
        true => js_sys::try_iter(values)?,
        false => None,
    };
    let iterator = iterator.ok_or_else(|| JsError::new("cannot iterate over it"))?;
    let taken = Array::new();
    for value in iterator.take(count as usize) {
        taken.push(&value?);
    }
    Ok(taken)
}

/// An iterator over pairs of a position and a character.
#[wasm_bindgen]
pub fn characters(text: &str) -> Iterator {
    let pairs = text
        .chars()
        .enumerate()
        .map(|(position, c)| Array::of2(&(position as u32).into(), &c.to_string().into()));
    pairs.collect::<Array>().values()
}
