// The secrets that seal session tokens. Made by the management server, the same on every node.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace limpet {

// Ids grow: the Unix time of the key's creation in seconds, or one more than the newest before.
// So a node can tell a key that it does not have yet from one that is long gone, even when the
// database was lost and begun anew.
struct RingKey {
  uint32_t id = 0;
  std::array<unsigned char, 32> secret{};

  friend bool operator==(const RingKey&, const RingKey&) = default;
};

struct KeyRing {
  std::vector<RingKey> keys;  // few; all of them open
  uint32_t minting_id = 0;    // the key that seals; meaningless while `keys` is empty

  const RingKey* find(uint32_t id) const {
    for (const RingKey& key : keys) {
      if (key.id == id) return &key;
    }
    return nullptr;
  }
  uint32_t newest_id() const {
    uint32_t newest = 0;
    for (const RingKey& key : keys) newest = key.id > newest ? key.id : newest;
    return newest;
  }
  const RingKey* minting() const { return find(minting_id); }
  friend bool operator==(const KeyRing&, const KeyRing&) = default;
};

}  // namespace limpet
