// An immutable hash map: set() and erase() return a new map that shares all but one path with the
// old one (a hash array mapped trie, 32-way, after Bagwell).
//
// Why: a snapshot of 100,000 objects and the routing table made from it change by one object at a
// time, and readers keep the old ones. Both copies and comparison cost in proportion to the
// change: diff() skips what two maps share.
//
// Invariants:
//  - A node at depth d tells its entries apart by bits [5d, 5d+5) of the key's hash; slots lie in
//    the order of those bits, and `bitmap` has a bit for each slot.
//  - No node but the root has a single leaf as its only slot, so the shape depends on the keys
//    alone and equal subtrees are found at equal places.
//  - Below kMaxDepth the hash is used up: such a node is a plain list of colliding leaves.
// Thread safety: const objects may be read, copied and dropped from any thread.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <absl/hash/hash.h>

#include "core/base/text.h"

namespace limpet {

template <typename Key, typename Value>
class PersistentMap {
 public:
  PersistentMap() = default;

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
  bool empty() const { return size_ == 0; }

  // The value at `key`, or null. Valid as long as a map that holds it.
  template <typename Lookup>
  const Value* find(const Lookup& key) const {
    return find_hashed(hash_of(key), key);
  }

  template <typename Lookup>
  const Value* find_hashed(uint64_t hash, const Lookup& key) const {
    const Node* node = root_.get();
    for (unsigned depth = 0; node != nullptr; ++depth) {
      if (depth == kMaxDepth) return find_colliding(*node, key);
      const uint32_t bit = bit_at(hash, depth);
      if ((node->bitmap & bit) == 0) return nullptr;
      const Slot& slot = node->slots[index_of(node->bitmap, bit)];
      if (const LeafPtr* leaf = std::get_if<LeafPtr>(&slot)) {
        return (*leaf)->hash == hash && (*leaf)->key == key ? &(*leaf)->value : nullptr;
      }
      node = std::get<NodePtr>(slot).get();
    }
    return nullptr;
  }

  [[nodiscard]] PersistentMap set(Key key, Value value) const {
    const uint64_t hash = hash_of(key);
    auto leaf = std::make_shared<const Leaf>(Leaf{hash, std::move(key), std::move(value)});
    bool added = false;
    NodePtr root = insert(root_.get(), 0, std::move(leaf), added);
    return PersistentMap(std::move(root), size_ + (added ? 1 : 0));
  }

  template <typename Lookup>
  [[nodiscard]] PersistentMap erase(const Lookup& key) const {
    const uint64_t hash = hash_of(key);
    if (find_hashed(hash, key) == nullptr) return *this;
    std::optional<Slot> root = remove(*root_, 0, hash, key);
    if (!root) return PersistentMap();
    if (NodePtr* node = std::get_if<NodePtr>(&*root)) {
      return PersistentMap(std::move(*node), size_ - 1);
    }
    const LeafPtr& leaf = std::get<LeafPtr>(*root);
    return PersistentMap(single(0, leaf), size_ - 1);
  }

  // visit(key, value) for every entry, in no order that means anything.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    if (root_) visit_leaves(*root_, [&](const Leaf& leaf) { visit(leaf.key, leaf.value); });
  }

  // visit(key, before, after) for every key whose entry was added (before is null), removed
  // (after is null) or set again. Costs in proportion to what the two maps do not share.
  template <typename Visit>
  static void diff(const PersistentMap& from, const PersistentMap& to, Visit&& visit) {
    diff_nodes(from.root_.get(), to.root_.get(), 0, visit);
  }

 private:
  struct Node;
  struct Leaf {
    uint64_t hash;
    Key key;
    Value value;
  };
  using NodePtr = std::shared_ptr<const Node>;
  using LeafPtr = std::shared_ptr<const Leaf>;
  using Slot = std::variant<NodePtr, LeafPtr>;
  struct Node {
    uint32_t bitmap = 0;  // unused at kMaxDepth
    std::vector<Slot> slots;
  };

  static constexpr unsigned kBits = 5;
  static constexpr unsigned kMaxDepth = 13;  // 13 * 5 = 65 bits: all 64 are used

  PersistentMap(NodePtr root, size_t size) : root_(std::move(root)), size_(size) {}

  static uint32_t bit_at(uint64_t hash, unsigned depth) {
    return uint32_t{1} << ((hash >> (kBits * depth)) & 31U);
  }
  static size_t index_of(uint32_t bitmap, uint32_t bit) {
    return static_cast<size_t>(std::popcount(bitmap & (bit - 1)));
  }

  template <typename Lookup>
  static const Value* find_colliding(const Node& node, const Lookup& key) {
    for (const Slot& slot : node.slots) {
      const LeafPtr& leaf = std::get<LeafPtr>(slot);
      if (leaf->key == key) return &leaf->value;
    }
    return nullptr;
  }

  static NodePtr single(unsigned depth, LeafPtr leaf) {
    auto node = std::make_shared<Node>();
    if (depth < kMaxDepth) node->bitmap = bit_at(leaf->hash, depth);
    node->slots.emplace_back(std::move(leaf));
    return node;
  }

  static NodePtr insert(const Node* node, unsigned depth, LeafPtr leaf, bool& added) {
    if (node == nullptr) {
      added = true;
      return single(depth, std::move(leaf));
    }
    auto copy = std::make_shared<Node>(*node);
    if (depth == kMaxDepth) {
      for (Slot& slot : copy->slots) {
        if (std::get<LeafPtr>(slot)->key != leaf->key) continue;
        slot = std::move(leaf);
        return copy;
      }
      added = true;
      copy->slots.emplace_back(std::move(leaf));
      return copy;
    }
    const uint32_t bit = bit_at(leaf->hash, depth);
    const size_t index = index_of(node->bitmap, bit);
    if ((node->bitmap & bit) == 0) {
      added = true;
      copy->bitmap |= bit;
      copy->slots.insert(copy->slots.begin() + static_cast<ptrdiff_t>(index), std::move(leaf));
      return copy;
    }
    Slot& slot = copy->slots[index];
    if (NodePtr* child = std::get_if<NodePtr>(&slot)) {
      slot = insert(child->get(), depth + 1, std::move(leaf), added);
      return copy;
    }
    LeafPtr present = std::get<LeafPtr>(slot);
    if (present->hash == leaf->hash && present->key == leaf->key) {
      slot = std::move(leaf);
      return copy;
    }
    NodePtr child = single(depth + 1, std::move(present));
    slot = insert(child.get(), depth + 1, std::move(leaf), added);
    return copy;
  }

  // Requires: the key is there. What is left of the node: nothing, one leaf, or a node.
  template <typename Lookup>
  static std::optional<Slot> remove(const Node& node, unsigned depth, uint64_t hash,
                                    const Lookup& key) {
    size_t index = 0;
    std::optional<Slot> rest;
    if (depth == kMaxDepth) {
      while (std::get<LeafPtr>(node.slots[index])->key != key) ++index;
    } else {
      index = index_of(node.bitmap, bit_at(hash, depth));
      if (const NodePtr* child = std::get_if<NodePtr>(&node.slots[index])) {
        rest = remove(**child, depth + 1, hash, key);
      }
    }
    auto copy = std::make_shared<Node>(node);
    if (rest) {
      copy->slots[index] = std::move(*rest);
    } else {
      copy->slots.erase(copy->slots.begin() + static_cast<ptrdiff_t>(index));
      if (depth < kMaxDepth) copy->bitmap &= ~bit_at(hash, depth);
    }
    if (copy->slots.empty()) return std::nullopt;
    if (copy->slots.size() == 1 && std::holds_alternative<LeafPtr>(copy->slots[0])) {
      return copy->slots[0];
    }
    return Slot(NodePtr(std::move(copy)));
  }

  template <typename Visit>
  static void visit_leaves(const Node& node, Visit&& visit) {
    for (const Slot& slot : node.slots) visit_leaves(slot, visit);
  }
  template <typename Visit>
  static void visit_leaves(const Slot& slot, Visit&& visit) {
    if (const LeafPtr* leaf = std::get_if<LeafPtr>(&slot)) {
      visit(**leaf);
    } else {
      visit_leaves(*std::get<NodePtr>(slot), visit);
    }
  }

  template <typename Visit>
  static void diff_nodes(const Node* from, const Node* to, unsigned depth, Visit&& visit) {
    if (from == to) return;
    if (depth == kMaxDepth) return diff_colliding(from, to, visit);
    const uint32_t from_map = from == nullptr ? 0 : from->bitmap;
    const uint32_t to_map = to == nullptr ? 0 : to->bitmap;
    for (uint32_t left = from_map | to_map; left != 0; left &= left - 1) {
      const uint32_t bit = left & (~left + 1);
      const Slot* before = (from_map & bit) ? &from->slots[index_of(from_map, bit)] : nullptr;
      const Slot* after = (to_map & bit) ? &to->slots[index_of(to_map, bit)] : nullptr;
      diff_slots(before, after, depth, visit);
    }
  }

  template <typename Visit>
  static void diff_slots(const Slot* before, const Slot* after, unsigned depth, Visit&& visit) {
    if (before != nullptr && after != nullptr && *before == *after) return;
    const NodePtr* before_node = before ? std::get_if<NodePtr>(before) : nullptr;
    const NodePtr* after_node = after ? std::get_if<NodePtr>(after) : nullptr;
    if (before_node && after_node) {
      return diff_nodes(before_node->get(), after_node->get(), depth + 1, visit);
    }
    // A leaf against a subtree, or one side absent: the subtree may hold the leaf's key.
    const Leaf* before_leaf = before && !before_node ? std::get<LeafPtr>(*before).get() : nullptr;
    const Leaf* after_leaf = after && !after_node ? std::get<LeafPtr>(*after).get() : nullptr;
    if (before) {
      visit_leaves(*before, [&](const Leaf& leaf) {
        if (after_leaf && after_leaf->key == leaf.key) {
          if (after_leaf != &leaf) visit(leaf.key, &leaf.value, &after_leaf->value);
          after_leaf = nullptr;
        } else if (!after_node) {
          visit(leaf.key, &leaf.value, static_cast<const Value*>(nullptr));
        }
      });
    }
    if (after_leaf) {
      visit(after_leaf->key, static_cast<const Value*>(nullptr), &after_leaf->value);
    }
    if (after_node) {
      visit_leaves(*after, [&](const Leaf& leaf) {
        const bool same_key = before_leaf && before_leaf->key == leaf.key;
        if (!same_key || before_leaf != &leaf) {
          visit(leaf.key, same_key ? &before_leaf->value : nullptr, &leaf.value);
        }
        if (same_key) before_leaf = nullptr;
      });
      if (before_leaf) {
        visit(before_leaf->key, &before_leaf->value, static_cast<const Value*>(nullptr));
      }
    }
  }

  template <typename Visit>
  static void diff_colliding(const Node* from, const Node* to, Visit&& visit) {
    if (from != nullptr) {
      for (const Slot& slot : from->slots) {
        const Leaf& leaf = *std::get<LeafPtr>(slot);
        const Value* after = to == nullptr ? nullptr : find_colliding(*to, leaf.key);
        if (after != &leaf.value) visit(leaf.key, &leaf.value, after);
      }
    }
    if (to != nullptr) {
      for (const Slot& slot : to->slots) {
        const Leaf& leaf = *std::get<LeafPtr>(slot);
        if (from == nullptr || find_colliding(*from, leaf.key) == nullptr) {
          visit(leaf.key, static_cast<const Value*>(nullptr), &leaf.value);
        }
      }
    }
  }

  NodePtr root_;
  size_t size_ = 0;
};

}  // namespace limpet
