// What is known of the fields that people write: the comments of proto/limpet/v1/resource.proto,
// which are in the program, and what validation asks for.
#pragma once

#include <set>
#include <string>

#include <google/protobuf/descriptor.h>

#include "core/resource/kind.h"

namespace limpet::cli {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// The message of a kind.
const Descriptor& message_of(const KindInfo& kind);

// The message below a field: of its elements, where it is a list. Null for scalars, maps of
// scalars and values without a schema.
const Descriptor* message_below(const FieldDescriptor& field);

// "string", "integer", "[]HTTPRouteRule", "map[string]string", "Object", in kubectl's manner.
std::string type_name(const FieldDescriptor& field);

// In one paragraph, without line feeds; "" when there is none. A field without a comment has its
// message's.
std::string description_of(const Descriptor& message);
std::string description_of(const FieldDescriptor& field);

// What becomes of a field that is not like others: server_owned, no_effect, unsupported; or "".
std::string note_on(const FieldDescriptor& field);

// The paths of fields that validation wants wherever the message above them is written, such as
// "spec.listeners.name".
std::set<std::string> required_fields(const KindInfo& kind);

}  // namespace limpet::cli
