// A small world of Gateways, HTTPRoutes and Namespaces in which nearly everything collides, and
// requests to it: drawn from an input, so that the same input has the same world.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>

#include "core/snapshot/snapshot.h"
#include "tests/support/reference_matcher.h"
#include "tests/support/snapshots.h"

namespace limpet::fuzz {

// Numbers out of the input; behind its end they go on from what was read.
class Source {
 public:
  Source(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  size_t below(size_t count) {
    mixed_ = (mixed_ ^ (at_ < size_ ? data_[at_++] : 0x5DU)) * 0x100000001B3U;
    return static_cast<size_t>((mixed_ >> 24) % count);
  }
  bool chance(size_t of) { return below(of) == 0; }
  std::string pick(std::initializer_list<const char*> words) {
    return words.begin()[below(words.size())];
  }

 private:
  const uint8_t* data_;
  size_t size_;
  size_t at_ = 0;
  uint64_t mixed_ = 0xCBF29CE484222325U;
};

class MatchWorld {
 public:
  explicit MatchWorld(Source& from);
  // Adds, replaces, changes in part or removes one object.
  void change(Source& from);
  Snapshot build() { return builder_.build(); }

  testing::ReferenceObjects objects() const;
  // For people: an object on each line.
  std::string text() const;

 private:
  template <typename Object>
  using Objects = std::map<std::string, Object>;  // by "namespace/name"

  void change_namespace(Source& from);
  void change_gateway(Source& from);
  void change_route(Source& from);
  template <typename Object, typename Make, typename Touch>
  void change_one(Source& from, Objects<Object>& objects, const std::string& ns,
                  const std::string& name, Make make, Touch touch);

  Objects<v1::Gateway> gateways_;
  Objects<v1::HTTPRoute> routes_;
  Objects<v1::Namespace> namespaces_;
  testing::SnapshotBuilder builder_;
};

testing::ReferenceRequest draw_request(Source& from);
std::string text_of(const testing::ReferenceRequest& request);

}  // namespace limpet::fuzz
