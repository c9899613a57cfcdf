//! Actors behind trait objects that send each other `n` messages through a queue.

use std::collections::VecDeque;

use bench_support::{Checksum, Random};

bench_support::export!(run);

const ACTORS: u32 = 200;

#[derive(Clone, Copy)]
struct Message {
    to: u32,
    value: u64,
}

struct Outbox {
    queue: VecDeque<Message>,
    random: Random,
}

impl Outbox {
    fn send(&mut self, to: u32, value: u64) {
        self.queue.push_back(Message {
            to: to % ACTORS,
            value,
        });
    }
}

trait Actor {
    fn receive(&mut self, message: Message, outbox: &mut Outbox);

    /// What the actor has seen.
    fn state(&self) -> u64;
}

/// Sends on what it gets.
struct Relay {
    next: u32,
    count: u64,
}

impl Actor for Relay {
    fn receive(&mut self, message: Message, outbox: &mut Outbox) {
        self.count += 1;
        outbox.send(self.next, message.value.rotate_left(5));
    }

    fn state(&self) -> u64 {
        self.count
    }
}

/// Adds values up, and tells the sum to somebody.
struct Accumulator {
    sum: u64,
}

impl Actor for Accumulator {
    fn receive(&mut self, message: Message, outbox: &mut Outbox) {
        self.sum = self.sum.wrapping_add(message.value);
        let to = outbox.random.below(ACTORS);
        outbox.send(to, self.sum);
    }

    fn state(&self) -> u64 {
        self.sum
    }
}

/// Remembers the last values, and sends the largest of them.
struct Window {
    values: VecDeque<u64>,
}

impl Actor for Window {
    fn receive(&mut self, message: Message, outbox: &mut Outbox) {
        if self.values.len() == 8 {
            self.values.pop_front();
        }
        self.values.push_back(message.value);
        let largest = self.values.iter().copied().max().unwrap_or(0);
        outbox.send(message.to + 1, largest ^ message.value >> 3);
    }

    fn state(&self) -> u64 {
        self.values.iter().fold(0, |all, value| all ^ value)
    }
}

/// Sends two messages for every other one it gets.
struct Splitter {
    parity: bool,
}

impl Actor for Splitter {
    fn receive(&mut self, message: Message, outbox: &mut Outbox) {
        self.parity = !self.parity;
        if self.parity {
            outbox.send(message.to * 7 + 3, message.value / 2);
            outbox.send(message.to * 3 + 1, message.value - message.value / 2);
        }
    }

    fn state(&self) -> u64 {
        u64::from(self.parity)
    }
}

fn actor(index: u32) -> Box<dyn Actor> {
    match index % 4 {
        0 => Box::new(Relay {
            next: index * 31 + 7,
            count: 0,
        }),
        1 => Box::new(Accumulator { sum: 0 }),
        2 => Box::new(Window {
            values: VecDeque::new(),
        }),
        _ => Box::new(Splitter { parity: false }),
    }
}

fn run(n: u32) -> u64 {
    let mut actors: Vec<Box<dyn Actor>> = (0..ACTORS).map(actor).collect();
    let mut outbox = Outbox {
        queue: VecDeque::new(),
        random: Random::new(17),
    };
    let mut checksum = Checksum::default();
    for i in 0..n {
        // Splitters may swallow all messages.
        if outbox.queue.len() < 64 {
            outbox.send(i, u64::from(i));
        }
        let message = outbox.queue.pop_front().expect("a message was just sent");
        checksum.add(message.value ^ u64::from(message.to));
        actors[message.to as usize].receive(message, &mut outbox);
    }
    for actor in &actors {
        checksum.add(actor.state());
    }
    checksum.get()
}
