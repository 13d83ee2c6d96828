// What makes an object well formed on its own: required fields, formats, ranges, enumerations,
// limits and uniqueness, as a Kubernetes API server with the Gateway API's CRDs would check them.
// Whether the objects that it names exist is no part of it: that is accepted, and told by the
// traffic it gets and by conditions.
//
// The same code runs in gwctl, offline, and in the server.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "limpet/v1/resource.pb.h"

namespace limpet {

// Of an object, without what the server adds to it (much less than 8 KiB): so it fits into one
// message of the node stream, which has 1 MiB.
inline constexpr size_t kMaxObjectBytes = 1024 * 1024 - 8 * 1024;

struct Violation {
  std::string field;    // "spec.rules[0].backendRefs[1].port", in the names of the YAML
  std::string message;  // what is wrong and what would be right, without the field's name

  friend bool operator==(const Violation&, const Violation&) = default;
};

// Every violation at once, in the order of the fields. Empty: the object is well formed.
std::vector<Violation> validate(const v1::Resource& resource);

}  // namespace limpet
