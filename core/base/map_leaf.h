// The leaves of core/base/persistent_map.h: how a map keeps one entry. There are as many as there
// are objects and host names, so a leaf is one allocation with nothing in it twice.
#pragma once

#include <atomic>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace limpet {

// The policy of a map whose leaves hold the key beside the value.
struct StoredKey {};

// The value of a map that is used as a set.
struct Nothing {};

// What leaves and nodes of a map begin with.
struct alignas(8) MapCell {
  std::atomic<uint32_t> holders{1};
  uint32_t word = 0;  // of a node: which slots it has; of a leaf with a text: its size in bytes
};

// Any other policy has `static KEY of(const Value&)`: the key is read out of the value.
template <typename Key, typename Value, typename KeyOf>
struct MapLeaf : MapCell {
  const Value value;

  explicit MapLeaf(Value held) : value(std::move(held)) {}
  static MapLeaf* make(Value held) { return new MapLeaf(std::move(held)); }
  static void free(MapLeaf* leaf) { delete leaf; }

  Key key() const { return KeyOf::of(value); }
};

template <typename Key, typename Value>
struct MapLeaf<Key, Value, StoredKey> : MapCell {
  const Key stored;
  const Value value;

  MapLeaf(Key name, Value held) : stored(std::move(name)), value(std::move(held)) {}
  static MapLeaf* make(Key name, Value held) {
    return new MapLeaf(std::move(name), std::move(held));
  }
  static void free(MapLeaf* leaf) { delete leaf; }

  const Key& key() const { return stored; }
};

// A text lies right behind the leaf, in the same allocation.
template <typename Value>
struct MapLeaf<std::string, Value, StoredKey> : MapCell {
  [[no_unique_address]] const Value value;

  static MapLeaf* make(std::string_view name, Value held) {
    void* memory = ::operator new(sizeof(MapLeaf) + name.size());
    auto* leaf = new (memory) MapLeaf(std::move(held));
    leaf->word = static_cast<uint32_t>(name.size());
    name.copy(reinterpret_cast<char*>(leaf + 1), name.size());
    return leaf;
  }
  static void free(MapLeaf* leaf) {
    leaf->~MapLeaf();
    ::operator delete(leaf);
  }

  std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), word}; }

 private:
  explicit MapLeaf(Value held) : value(std::move(held)) {}
};

}  // namespace limpet
