// The order in which people read an object: that of its fields' declaration.
#pragma once

#include <vector>

#include <google/protobuf/descriptor.h>

#include "core/validate/validate.h"

namespace limpet {

// Stable: violations of one field keep their order. A field comes before what it contains.
std::vector<Violation> in_field_order(const google::protobuf::Descriptor& object,
                                      std::vector<Violation> violations);

}  // namespace limpet
