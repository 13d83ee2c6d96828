// Kind-agnostic access to an object's message: what it is called, its metadata, and its bytes.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "limpet/v1/resource.pb.h"

namespace limpet {

// What an entry of the ordered state is called. `ns` is empty for kinds without a namespace.
struct EntryKey {
  std::string kind;
  std::string ns;
  std::string name;

  friend auto operator<=>(const EntryKey&, const EntryKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const EntryKey& key) {
    return H::combine(std::move(h), key.kind, key.ns, key.name);
  }
};

// "HTTPRoute server/fortio-route", for messages to people.
std::string to_string(const EntryKey& key);

// The message that a Resource holds; null when it holds none.
const google::protobuf::Message* object_of(const v1::Resource& resource);
google::protobuf::Message* object_of(v1::Resource& resource);

// Requires: the message is of a user kind.
const v1::ObjectMeta& metadata_of(const google::protobuf::Message& object);
v1::ObjectMeta& mutable_metadata_of(google::protobuf::Message& object);

// Requires: the resource holds an object. The namespace is as written, "default" if empty.
EntryKey key_of(const v1::Resource& resource);

// Clears every field that is (server_owned), at any depth.
void clear_server_owned(google::protobuf::Message& message);

// Deterministic, so that equal objects have equal bytes.
std::string serialize(const google::protobuf::Message& message);

// The stored bytes of an object of a user kind, as a Resource.
absl::StatusOr<v1::Resource> parse_resource(std::string_view kind, std::string_view bytes);

}  // namespace limpet
