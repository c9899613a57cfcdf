//! Structs are classes. Their values live in the memory of the module until `free()`, or until they are collected.

use std::sync::atomic::{AtomicU32, Ordering};

use wasm_bindgen::prelude::*;

static ALIVE: AtomicU32 = AtomicU32::new(0);

/// A song of a [`Playlist`].
#[wasm_bindgen]
#[derive(Clone)]
pub struct Song {
    /// Its length in seconds.
    pub seconds: u32,
    title: String,
}

#[wasm_bindgen]
impl Song {
    /// A song with that name and length.
    #[wasm_bindgen(constructor)]
    pub fn new(title: &str, seconds: u32) -> Song {
        Song {
            seconds,
            title: title.to_owned(),
        }
    }

    /// What it is called.
    #[wasm_bindgen(getter)]
    pub fn title(&self) -> String {
        self.title.clone()
    }

    /// Renames it; surrounding space is removed.
    #[wasm_bindgen(setter)]
    pub fn set_title(&mut self, title: &str) {
        self.title = title.trim().to_owned();
    }
}

/// Songs in an order.
#[wasm_bindgen]
pub struct Playlist {
    songs: Vec<Song>,
}

#[wasm_bindgen]
impl Playlist {
    /// A playlist without songs.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default, reason = "JavaScript knows no `Default`")]
    pub fn new() -> Playlist {
        Playlist::with(Vec::new())
    }

    /// A playlist of these songs; the caller's objects are empty afterwards, for they have moved.
    pub fn of(songs: Vec<Song>) -> Playlist {
        Playlist::with(songs)
    }

    /// How many playlists there are.
    #[wasm_bindgen(js_name = countAlive)]
    pub fn count_alive() -> u32 {
        ALIVE.load(Ordering::Relaxed)
    }

    /// Adds a copy of the song at the end.
    pub fn add(&mut self, song: &Song) {
        self.songs.push(song.clone());
    }

    /// How long it plays, in seconds.
    #[wasm_bindgen(getter)]
    pub fn seconds(&self) -> u32 {
        self.songs.iter().map(|song| song.seconds).sum()
    }

    /// The longest song.
    pub fn longest(&self) -> Option<Song> {
        self.songs.iter().max_by_key(|song| song.seconds).cloned()
    }

    /// Its songs, as an array of objects.
    pub fn songs(&self) -> Vec<Song> {
        self.songs.clone()
    }

    /// Both in one; neither is there afterwards.
    pub fn followed_by(mut self, mut other: Playlist) -> Playlist {
        let mut songs = std::mem::take(&mut self.songs);
        songs.append(&mut other.songs);
        Playlist::with(songs)
    }
}

impl Playlist {
    fn with(songs: Vec<Song>) -> Playlist {
        ALIVE.fetch_add(1, Ordering::Relaxed);
        Playlist { songs }
    }
}

impl Drop for Playlist {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
}
