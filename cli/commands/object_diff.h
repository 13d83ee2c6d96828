// How an object differs from what it was or would be, for people to read.
#pragma once

#include <string>

#include "limpet/v1/resource.pb.h"

namespace limpet::cli {

struct DiffSides {
  std::string before;  // "revision 3": behind the object's name, in parentheses
  std::string after;
  bool color = false;
};

// A unified diff of both as manifests: without what the server alone writes, unless they are two
// objects of one name (by uid). Null: there is no such object on that side. "" when both are the
// same.
std::string object_diff(const v1::Resource* before, const v1::Resource* after,
                        const DiffSides& sides);

}  // namespace limpet::cli
