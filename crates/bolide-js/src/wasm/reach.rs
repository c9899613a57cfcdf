//! Which anchors keep which others: how references flow between instances, and what is left of that.
//!
//! Guests pass references among themselves without being asked. So between two trims an anchor keeps all that its
//! entities may have got: what the host gave them, and the anchors whose guests can give them something by a
//! call or through a table. A trim replaces this by what tables and globals really hold, runs the collector, and then
//! adds the possible givers again that are still alive. Trims happen when the edges have doubled, and only while no
//! reference is on a stack of guests or on its way there.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use rquickjs::{Ctx, Value};

use super::WasmState;
use super::anchor::{AnchorId, Owned, anchor_id, with_anchor};
use super::held::Held;
use crate::agent::agent;

/// Edges that no trim is worth.
const FEW_EDGES: usize = 1024;

/// What one anchor keeps of others.
#[derive(Default)]
pub(super) struct Reach {
    /// The anchors of imports.
    linked: HashMap<AnchorId, Held>,
    /// The anchors of references that entities of this one may hold.
    reached: HashMap<AnchorId, Held>,
    /// Anchors whose guests may give references to entities of this one, now or later.
    givers: HashSet<AnchorId>,
}

impl Reach {
    /// Every edge.
    pub(super) fn trace(&self, visit: &mut dyn FnMut(&Held)) {
        self.linked.values().for_each(&mut *visit);
        self.reached.values().for_each(&mut *visit);
    }

    /// Gives every edge to `free`.
    pub(super) fn finalize(self, free: &mut dyn FnMut(Held)) {
        self.linked.into_values().for_each(&mut *free);
        self.reached.into_values().for_each(&mut *free);
    }
}

/// What an agent knows of all edges.
pub(super) struct ReachState {
    /// How many edges could be trimmed.
    edges: Cell<usize>,
    /// How many there may be.
    limit: Cell<usize>,
    /// Calls of guests whose references are on their way.
    crossings: Cell<usize>,
}

impl Default for ReachState {
    fn default() -> ReachState {
        ReachState {
            edges: Cell::new(0),
            limit: Cell::new(FEW_EDGES),
            crossings: Cell::new(0),
        }
    }
}

impl ReachState {
    /// Counts the edges of an anchor no longer.
    pub(super) fn forget(&self, reach: &Reach) {
        self.edges.set(self.edges.get() - reach.reached.len());
    }
}

/// While this lives, references are on their way to or from a guest, and no edge is trimmed.
pub(super) struct Crossing<'a>(&'a Cell<usize>);

impl Drop for Crossing<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Makes `anchor` keep `target` as long as it lives, because `target` has something that it imports.
pub(super) fn link<'js>(anchor: &Value<'js>, target: &Value<'js>) {
    let id = anchor_id(target);
    if id == anchor_id(anchor) || with_anchor(anchor, |it| it.reach.linked.contains_key(&id)) {
        return;
    }
    let held = Held::new(target.clone());
    with_anchor(anchor, |inner| inner.reach.linked.insert(id, held));
}

/// Makes `anchor` keep `target`, because an entity of `anchor` is given a reference that `target` owns.
pub(super) fn keep<'js>(anchor: &Value<'js>, target: &Value<'js>) {
    let id = anchor_id(target);
    let known = |reach: &Reach| reach.linked.contains_key(&id) || reach.reached.contains_key(&id);
    if id == anchor_id(anchor) || with_anchor(anchor, |inner| known(&inner.reach)) {
        return;
    }
    let held = Held::new(target.clone());
    with_anchor(anchor, |inner| inner.reach.reached.insert(id, held));
    let edges = &agent(anchor.ctx()).wasm.reach.edges;
    edges.set(edges.get() + 1);
}

/// Makes `anchor` keep `giver`, because guests of `giver` can give references to entities of `anchor`.
pub(super) fn receive<'js>(anchor: &Value<'js>, giver: &Value<'js>) {
    let id = anchor_id(giver);
    if id != anchor_id(anchor) {
        keep(anchor, giver);
        with_anchor(anchor, |inner| inner.reach.givers.insert(id));
    }
}

impl WasmState {
    /// Announces references on their way to or from a guest.
    pub(super) fn crossing(&self) -> Crossing<'_> {
        let crossings = &self.reach.crossings;
        crossings.set(crossings.get() + 1);
        Crossing(crossings)
    }

    /// Trims the edges if they have doubled. The store must not be borrowed, nor any anchor.
    pub(super) fn trim_if_due(&self, ctx: &Ctx<'_>) {
        if self.reach.edges.get() >= self.reach.limit.get() && self.may_trim() {
            self.trim(ctx);
        }
    }

    /// Collects all that can be collected now. The store must not be borrowed, nor any anchor.
    pub(super) fn collect(&self, ctx: &Ctx<'_>) {
        if self.may_trim() {
            self.trim(ctx);
        } else {
            ctx.run_gc();
        }
        self.at_rest(ctx);
    }

    /// Whether tables and globals hold all references that there are. What the embedder has is not known.
    fn may_trim(&self) -> bool {
        !self.exposed.get() && self.reach.crossings.get() == 0 && self.store.is_idle()
    }

    fn trim(&self, ctx: &Ctx<'_>) {
        let mut anchors = self.all_anchors(ctx);
        for anchor in &anchors {
            self.keep_contents(ctx, anchor);
        }
        anchors.clear();
        ctx.run_gc();
        for anchor in self.all_anchors(ctx) {
            let givers = with_anchor(&anchor, |inner| std::mem::take(&mut inner.reach.givers));
            for giver in givers {
                if let Some(giver) = self.anchor(ctx, giver) {
                    receive(&anchor, &giver);
                }
            }
        }
        let limit = self.reach.edges.get().saturating_mul(2);
        self.reach.limit.set(limit.max(FEW_EDGES));
    }

    /// Makes an anchor keep only what is imported, and what its tables and globals hold now.
    fn keep_contents<'js>(&self, ctx: &Ctx<'js>, anchor: &Value<'js>) {
        let id = anchor_id(anchor);
        let contents: Vec<(AnchorId, Held)> = {
            let owners = with_anchor(anchor, |inner| self.owners_of_contents(&inner.owned));
            let others = owners.into_iter().filter(|other| *other != id);
            let others = others.filter_map(|other| Some((other, self.anchor(ctx, other)?)));
            others.map(|(id, other)| (id, Held::new(other))).collect()
        };
        let added = contents.len();
        let old = with_anchor(anchor, |inner| {
            std::mem::replace(&mut inner.reach.reached, contents.into_iter().collect())
        });
        let edges = &self.reach.edges;
        edges.set(edges.get() - old.len() + added);
        for held in old.into_values() {
            drop(held.into_value(ctx));
        }
    }

    /// The anchors of all functions that tables and globals refer to.
    fn owners_of_contents(&self, owned: &[Owned]) -> HashSet<AnchorId> {
        let instances = self.instances.borrow();
        let host_funcs = self.host_funcs.borrow();
        self.store.with(|store| {
            let items = owned.iter().filter_map(Owned::store_item);
            let functions = items.flat_map(|item| item.held_functions(&store));
            let owners = functions.filter_map(|func| match func.owner(&store) {
                Some((instance, _)) => instances.get(&instance).copied(),
                None => host_funcs.get(&func).map(|(id, _)| *id),
            });
            owners.collect()
        })
    }
}
