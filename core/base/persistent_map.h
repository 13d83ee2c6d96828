// An immutable hash map: set() and erase() return a new map that shares all but one path with the
// old one (a hash array mapped trie, 32-way, after Bagwell).
//
// Why: a snapshot of 100,000 objects and the routing table made from it change by one object at a
// time, and readers keep the old ones. Both copies and comparison cost in proportion to the
// change: diff() skips what two maps share. A map that nobody shares is changed in place.
//
// Invariants:
//  - A node at depth d tells its entries apart by bits [5d, 5d+5) of the key's hash; slots lie in
//    the order of those bits, and its word has a bit for each slot.
//  - No node has a single leaf as its only slot, so the shape depends on the keys alone and equal
//    subtrees are found at equal places. The map of one entry is a leaf.
//  - Below kMaxDepth the hash is used up: such a node is a plain list of colliding leaves, and its
//    word is their number.
//  - A cell that somebody else holds is never changed.
// Memory: a node is one allocation of 8 bytes and 8 for each slot. Cells count their holders.
// Thread safety: const objects may be read, copied and dropped from any thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include <absl/hash/hash.h>

#include "core/base/map_leaf.h"
#include "core/base/text.h"

namespace limpet {

// Keys of type std::string are given and seen as std::string_view. With a policy `KeyOf`
// (core/base/map_leaf.h) there is no key but the one that is read out of the value.
template <typename Key, typename Value, typename KeyOf = StoredKey>
class PersistentMap {
  using Leaf = MapLeaf<Key, Value, KeyOf>;

 public:
  PersistentMap() = default;
  PersistentMap(const PersistentMap& other) : root_(hold(other.root_)), size_(other.size_) {}
  PersistentMap(PersistentMap&& other) noexcept
      : root_(std::exchange(other.root_, 0)), size_(std::exchange(other.size_, 0)) {}
  PersistentMap& operator=(PersistentMap other) noexcept {
    std::swap(root_, other.root_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~PersistentMap() { drop(root_, 0); }

  // The hash of a key, for find_hashed(). Stable within the process only. Whatever reads as text
  // has the hash of that text.
  template <typename Lookup>
  static uint64_t hash_of(const Lookup& key) {
    if constexpr (std::is_convertible_v<const Lookup&, std::string_view>) {
      return absl::Hash<absl::string_view>{}(absl_view(key));
    } else {
      return absl::Hash<Lookup>{}(key);
    }
  }

  size_t size() const { return size_; }
  bool empty() const { return root_ == 0; }

  // The value at `key`, or null. Valid as long as a map that holds it.
  template <typename Lookup>
  const Value* find(const Lookup& key) const {
    if (root_ == 0 || is_leaf(root_)) return find_hashed(0, key);  // without a hash
    return find_hashed(hash_of(key), key);
  }

  template <typename Lookup>
  const Value* find_hashed(uint64_t hash, const Lookup& key) const {
    Slot at = root_;
    for (unsigned depth = 0; at != 0; ++depth) {
      if (is_leaf(at)) return leaf_of(at)->key() == key ? &leaf_of(at)->value : nullptr;
      const Node* node = node_of(at);
      if (depth == kMaxDepth) return find_colliding(*node, key);
      const uint32_t bit = bit_at(hash, depth);
      if ((node->word & bit) == 0) return nullptr;
      at = node->slots()[index_of(node->word, bit)];
    }
    return nullptr;
  }

  // set(key, value); with a KeyOf, set(value).
  template <typename... Entry>
  [[nodiscard]] PersistentMap set(Entry&&... entry) const& {
    return PersistentMap(*this).add(Leaf::make(std::forward<Entry>(entry)...));
  }
  // In place, as far as no other map shares it.
  template <typename... Entry>
  [[nodiscard]] PersistentMap set(Entry&&... entry) && {
    return std::move(*this).add(Leaf::make(std::forward<Entry>(entry)...));
  }

  template <typename Lookup>
  [[nodiscard]] PersistentMap erase(const Lookup& key) const {
    const uint64_t hash = hash_of(key);
    if (find_hashed(hash, key) == nullptr) return *this;
    return PersistentMap(remove(root_, 0, hash, key), size_ - 1);
  }

  // visit(key, value) for every entry, in no order that means anything.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    visit_leaves(root_, 0, [&](const Leaf& leaf) { visit(leaf.key(), leaf.value); });
  }

  // visit(key, before, after) for every key whose entry was added (before is null), removed
  // (after is null) or set again. Costs in proportion to what the two maps do not share.
  template <typename Visit>
  static void diff(const PersistentMap& from, const PersistentMap& to, Visit&& visit) {
    diff_slots(from.root_, to.root_, 0, visit);
  }

 private:
  // A pointer to a node, or one to a leaf with its lowest bit set; 0 is none.
  using Slot = uintptr_t;

  struct Node : MapCell {
    Slot* slots() { return reinterpret_cast<Slot*>(this + 1); }
    const Slot* slots() const { return reinterpret_cast<const Slot*>(this + 1); }
  };
  static_assert(sizeof(Slot) == 8 && sizeof(Node) == 8);
  static_assert(alignof(Leaf) <= alignof(std::max_align_t));

  static constexpr unsigned kBits = 5;
  static constexpr unsigned kMaxDepth = 13;  // 13 * 5 = 65 bits: all 64 are used

  PersistentMap(Slot root, size_t size) : root_(root), size_(size) {}

  static bool is_leaf(Slot slot) { return (slot & 1U) != 0; }
  static Leaf* leaf_of(Slot slot) { return reinterpret_cast<Leaf*>(slot - 1); }
  static Node* node_of(Slot slot) { return reinterpret_cast<Node*>(slot); }
  static Slot slot_of(const Leaf* leaf) { return reinterpret_cast<Slot>(leaf) + 1; }
  static Slot slot_of(const Node* node) { return reinterpret_cast<Slot>(node); }
  static MapCell& cell_of(Slot slot) {
    return is_leaf(slot) ? static_cast<MapCell&>(*leaf_of(slot)) : *node_of(slot);
  }

  static uint32_t bit_at(uint64_t hash, unsigned depth) {
    return uint32_t{1} << ((hash >> (kBits * depth)) & 31U);
  }
  static size_t index_of(uint32_t word, uint32_t bit) {
    return static_cast<size_t>(std::popcount(word & (bit - 1)));
  }
  static size_t count_of(const Node& node, unsigned depth) {
    return depth == kMaxDepth ? node.word : static_cast<size_t>(std::popcount(node.word));
  }

  // ---- Holding. A Slot that a function takes or returns is held once by who has it, unless it
  // says otherwise. `depth` is where the slot's node is, if it is one.

  static Slot hold(Slot slot) {
    if (slot != 0) cell_of(slot).holders.fetch_add(1, std::memory_order_relaxed);
    return slot;
  }

  static void drop(Slot slot, unsigned depth) {
    if (slot == 0 || cell_of(slot).holders.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    if (is_leaf(slot)) return Leaf::free(leaf_of(slot));
    Node* node = node_of(slot);
    for (size_t i = count_of(*node, depth); i != 0; --i) drop(node->slots()[i - 1], depth + 1);
    ::operator delete(node);
  }

  // Nobody else can come to hold it but through who asks.
  static bool is_alone(const Node& node) {
    return node.holders.load(std::memory_order_acquire) == 1;
  }

  static Node* make_node(size_t count, uint32_t word) {
    auto* node = new (::operator new(sizeof(Node) + count * sizeof(Slot))) Node();
    node->word = word;
    return node;
  }

  // The node, or a copy of it, that nobody else holds.
  static Node* own(Node* node, unsigned depth) {
    if (is_alone(*node)) return node;
    const size_t count = count_of(*node, depth);
    Node* copy = make_node(count, node->word);
    std::transform(node->slots(), node->slots() + count, copy->slots(), hold);
    drop(slot_of(node), depth);
    return copy;
  }

  // A node with `slot` at `index` between the slots of the one given; its word is the old one's.
  static Node* widen(Node* node, unsigned depth, size_t index, Slot slot) {
    const size_t count = count_of(*node, depth);
    Node* wide = make_node(count + 1, node->word);
    std::copy_n(node->slots(), index, wide->slots());
    wide->slots()[index] = slot;
    std::copy(node->slots() + index, node->slots() + count, wide->slots() + index + 1);
    if (is_alone(*node)) {
      ::operator delete(node);  // its slots have moved
    } else {
      std::for_each(node->slots(), node->slots() + count, hold);
      drop(slot_of(node), depth);
    }
    return wide;
  }

  // ---- Finding.

  template <typename Lookup>
  static const Value* find_colliding(const Node& node, const Lookup& key) {
    for (size_t i = 0; i < node.word; ++i) {
      const Leaf& leaf = *leaf_of(node.slots()[i]);
      if (leaf.key() == key) return &leaf.value;
    }
    return nullptr;
  }

  // ---- Changing.

  PersistentMap add(Leaf* leaf) && {
    bool added = false;
    const size_t size = std::exchange(size_, 0);
    const Slot root = insert(std::exchange(root_, 0), 0, hash_of(leaf->key()), leaf, added);
    return PersistentMap(root, size + (added ? 1 : 0));
  }

  static Slot insert(Slot at, unsigned depth, uint64_t hash, Leaf* leaf, bool& added) {
    if (at == 0) {
      added = true;
      return slot_of(leaf);
    }
    if (is_leaf(at)) {
      if (leaf_of(at)->key() == leaf->key()) {
        drop(at, depth);
        return slot_of(leaf);
      }
      added = true;
      return join(at, hash_of(leaf_of(at)->key()), slot_of(leaf), hash, depth);
    }
    Node* node = node_of(at);
    if (depth == kMaxDepth) return slot_of(insert_colliding(node, leaf, added));
    const uint32_t bit = bit_at(hash, depth);
    const size_t index = index_of(node->word, bit);
    if ((node->word & bit) == 0) {
      added = true;
      node = widen(node, depth, index, slot_of(leaf));
      node->word |= bit;
      return slot_of(node);
    }
    node = own(node, depth);
    node->slots()[index] = insert(node->slots()[index], depth + 1, hash, leaf, added);
    return slot_of(node);
  }

  static Node* insert_colliding(Node* node, Leaf* leaf, bool& added) {
    const uint32_t count = node->word;
    for (size_t i = 0; i < count; ++i) {
      if (leaf_of(node->slots()[i])->key() != leaf->key()) continue;
      node = own(node, kMaxDepth);
      drop(node->slots()[i], kMaxDepth);
      node->slots()[i] = slot_of(leaf);
      return node;
    }
    added = true;
    node = widen(node, kMaxDepth, count, slot_of(leaf));
    node->word = count + 1;
    return node;
  }

  // The node at `depth` that tells two leaves apart.
  static Slot join(Slot a, uint64_t a_hash, Slot b, uint64_t b_hash, unsigned depth) {
    if (depth == kMaxDepth) {
      Node* node = make_node(2, 2);
      node->slots()[0] = a;
      node->slots()[1] = b;
      return slot_of(node);
    }
    const uint32_t a_bit = bit_at(a_hash, depth);
    const uint32_t b_bit = bit_at(b_hash, depth);
    if (a_bit == b_bit) {
      Node* node = make_node(1, a_bit);
      node->slots()[0] = join(a, a_hash, b, b_hash, depth + 1);
      return slot_of(node);
    }
    Node* node = make_node(2, a_bit | b_bit);
    node->slots()[a_bit < b_bit ? 0 : 1] = a;
    node->slots()[a_bit < b_bit ? 1 : 0] = b;
    return slot_of(node);
  }

  // What is left of `at`, which is not taken, without the key. Requires: the key is there.
  template <typename Lookup>
  static Slot remove(Slot at, unsigned depth, uint64_t hash, const Lookup& key) {
    if (is_leaf(at)) return 0;
    const Node& node = *node_of(at);
    const size_t count = count_of(node, depth);
    size_t index = 0;
    Slot rest = 0;
    if (depth == kMaxDepth) {
      while (leaf_of(node.slots()[index])->key() != key) ++index;
    } else {
      index = index_of(node.word, bit_at(hash, depth));
      rest = remove(node.slots()[index], depth + 1, hash, key);
    }
    if (rest != 0) {
      if (count == 1 && is_leaf(rest)) return rest;
      Node* copy = own(node_of(hold(at)), depth);
      drop(std::exchange(copy->slots()[index], rest), depth + 1);
      return slot_of(copy);
    }
    if (count == 2 && is_leaf(node.slots()[1 - index])) return hold(node.slots()[1 - index]);
    const uint32_t bit = depth == kMaxDepth ? 0 : bit_at(hash, depth);
    Node* less = make_node(count - 1, depth == kMaxDepth ? node.word - 1 : node.word & ~bit);
    Slot* end = std::transform(node.slots(), node.slots() + index, less->slots(), hold);
    std::transform(node.slots() + index + 1, node.slots() + count, end, hold);
    return slot_of(less);
  }

  // ---- Visiting. Nothing is taken.

  template <typename Visit>
  static void visit_leaves(Slot slot, unsigned depth, Visit&& visit) {
    if (slot == 0) return;
    if (is_leaf(slot)) return visit(*leaf_of(slot));
    const Node& node = *node_of(slot);
    const size_t count = count_of(node, depth);
    for (size_t i = 0; i < count; ++i) visit_leaves(node.slots()[i], depth + 1, visit);
  }

  template <typename Visit>
  static void diff_slots(Slot before, Slot after, unsigned depth, Visit&& visit) {
    if (before == after) return;
    const bool before_node = before != 0 && !is_leaf(before);
    const bool after_node = after != 0 && !is_leaf(after);
    if (before_node && after_node) {
      return diff_nodes(*node_of(before), *node_of(after), depth, visit);
    }
    // A leaf against a subtree, or one side absent: the subtree may hold the leaf's key.
    const Leaf* before_leaf = is_leaf(before) ? leaf_of(before) : nullptr;
    const Leaf* after_leaf = is_leaf(after) ? leaf_of(after) : nullptr;
    static constexpr const Value* kNone = nullptr;
    if (!after_node) {
      visit_leaves(before, depth, [&](const Leaf& leaf) {
        const bool same_key = after_leaf != nullptr && after_leaf->key() == leaf.key();
        if (!same_key || after_leaf != &leaf) {
          visit(leaf.key(), &leaf.value, same_key ? &after_leaf->value : kNone);
        }
        if (same_key) after_leaf = nullptr;
      });
      if (after_leaf != nullptr) visit(after_leaf->key(), kNone, &after_leaf->value);
      return;
    }
    visit_leaves(after, depth, [&](const Leaf& leaf) {
      const bool same_key = before_leaf != nullptr && before_leaf->key() == leaf.key();
      if (!same_key || before_leaf != &leaf) {
        visit(leaf.key(), same_key ? &before_leaf->value : kNone, &leaf.value);
      }
      if (same_key) before_leaf = nullptr;
    });
    if (before_leaf != nullptr) visit(before_leaf->key(), &before_leaf->value, kNone);
  }

  template <typename Visit>
  static void diff_nodes(const Node& from, const Node& to, unsigned depth, Visit&& visit) {
    if (depth == kMaxDepth) return diff_colliding(from, to, visit);
    for (uint32_t left = from.word | to.word; left != 0; left &= left - 1) {
      const uint32_t bit = left & (~left + 1);
      const Slot before = (from.word & bit) ? from.slots()[index_of(from.word, bit)] : 0;
      const Slot after = (to.word & bit) ? to.slots()[index_of(to.word, bit)] : 0;
      diff_slots(before, after, depth + 1, visit);
    }
  }

  template <typename Visit>
  static void diff_colliding(const Node& from, const Node& to, Visit&& visit) {
    for (size_t i = 0; i < from.word; ++i) {
      const Leaf& leaf = *leaf_of(from.slots()[i]);
      const Value* after = find_colliding(to, leaf.key());
      if (after != &leaf.value) visit(leaf.key(), &leaf.value, after);
    }
    for (size_t i = 0; i < to.word; ++i) {
      const Leaf& leaf = *leaf_of(to.slots()[i]);
      if (find_colliding(from, leaf.key()) == nullptr) {
        visit(leaf.key(), static_cast<const Value*>(nullptr), &leaf.value);
      }
    }
  }

  Slot root_ = 0;
  size_t size_ = 0;
};

}  // namespace limpet
