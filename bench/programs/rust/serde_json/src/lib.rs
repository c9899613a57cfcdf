//! The crate `serde_json`: `n` orders are written, read back as types, changed, written indented, and read as values.

use std::collections::BTreeMap;

use bench_support::{Checksum, Random, push_words};
use serde::{Deserialize, Serialize};
use serde_json::Value;

bench_support::export!(run);

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    order_id: u64,
    customer: Customer,
    lines: Vec<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    attributes: BTreeMap<String, Attribute>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Customer {
    name: String,
    address: [String; 3],
    vip: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    sku: String,
    quantity: u32,
    price: f64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Attribute {
    Flag(bool),
    Number(i64),
    Text(String),
}

fn words(random: &mut Random, count: u32) -> String {
    let mut text = String::new();
    push_words(&mut text, random, count);
    text
}

fn order(random: &mut Random) -> Order {
    let lines = (0..random.below(30) + 5).map(|i| Line {
        sku: format!("{:08X}-{i}", random.next_u64() >> 32),
        quantity: random.below(20),
        price: f64::from(random.below(100_000)) / 64.0 + 0.1,
    });
    let lines = lines.collect();
    let attributes = (0..12).map(|i| {
        let attribute = match random.below(3) {
            0 => Attribute::Flag(random.below(2) == 0),
            1 => Attribute::Number(random.next_u64().cast_signed() >> 20),
            _ => Attribute::Text(format!("{}\t\"é{i}\" \u{1f600}\n", words(random, 3))),
        };
        (format!("attribute {i}"), attribute)
    });
    let attributes = attributes.collect();
    Order {
        order_id: u64::MAX - random.next_u64() / 2,
        attributes,
        customer: Customer {
            name: words(random, 2),
            address: [words(random, 3), words(random, 1), words(random, 2)],
            vip: random.below(4) == 0,
        },
        lines,
        note: (random.below(2) == 0).then(|| words(random, 25)),
    }
}

/// The sum of all numbers, and how many values there are.
fn visit(value: &Value) -> (f64, u64) {
    let add = |(sum, count), value: &Value| {
        let (more, others) = visit(value);
        (sum + more, count + others)
    };
    match value {
        Value::Array(values) => values.iter().fold((0.0, 1), add),
        Value::Object(members) => members.values().fold((0.0, 1), add),
        Value::Number(number) => (number.as_f64().unwrap_or(0.0), 1),
        Value::String(text) => (text.len() as f64, 1),
        Value::Null | Value::Bool(_) => (0.0, 1),
    }
}

fn round_trip(random: &mut Random, checksum: &mut Checksum) -> serde_json::Result<()> {
    let text = serde_json::to_string(&order(random))?;
    let mut read: Order = serde_json::from_str(&text)?;
    for line in &mut read.lines {
        line.quantity += 1;
        line.price *= 1.25;
    }
    read.note.get_or_insert_default().push_str(&text[..20]);
    let indented = serde_json::to_string_pretty(&read)?;
    checksum.add_bytes(indented.as_bytes());
    let (sum, count) = visit(&serde_json::from_str(&indented)?);
    checksum.add(sum.to_bits());
    checksum.add(count);
    Ok(())
}

fn run(n: u32) -> u64 {
    let mut random = Random::new(21);
    let mut checksum = Checksum::default();
    for _ in 0..n {
        round_trip(&mut random, &mut checksum).expect("what was written can be read");
    }
    checksum.get()
}
