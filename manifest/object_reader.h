// From a tree to an object of the kind that it says it is.
#pragma once

#include <string>
#include <vector>

#include "core/resource/kind.h"
#include "limpet/v1/resource.pb.h"
#include "manifest/message_reader.h"

namespace limpet {

// A scalar's text; "" when the field is absent or something else.
std::string text_of(const YamlNode& node, std::string_view field);

// By the field "kind"; null when it names none, and `problem` says so, following the field's name.
const KindInfo* kind_of(const YamlNode& node, std::string& problem);

// Reads the object as MessageReader does.
std::vector<ReadProblem> read_object(const YamlNode& node, const KindInfo& kind,
                                     v1::Resource& resource);

}  // namespace limpet
