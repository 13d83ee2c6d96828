#include "manifest/object_reader.h"

#include "core/base/text.h"
#include "manifest/suggest.h"

namespace limpet {

std::string text_of(const YamlNode& node, std::string_view field) {
  const YamlNode::Entry* entry = node.find(field);
  return entry != nullptr && entry->value->type == YamlNode::Type::kScalar ? entry->value->text
                                                                           : std::string();
}

const KindInfo* kind_of(const YamlNode& node, std::string& problem) {
  const std::string kind = text_of(node, "kind");
  const KindInfo* info = find_kind(kind);
  if (info != nullptr) return info;
  std::vector<std::string> known;
  for (const KindInfo& each : user_kinds()) known.emplace_back(each.kind);
  if (kind.empty()) {
    problem = str_cat("required: ", join(known, ", "));
    return nullptr;
  }
  const std::string meant = suggest(kind, known);
  problem = meant.empty() ? str_cat("unknown kind \"", kind, "\"; known are ", join(known, ", "))
                          : str_cat("unknown kind \"", kind, "\"; did you mean ", meant, "?");
  return nullptr;
}

std::vector<ReadProblem> read_object(const YamlNode& node, const KindInfo& kind,
                                     v1::Resource& resource) {
  const auto* field = v1::Resource::descriptor()->FindFieldByNumber(kind.resource_field);
  return MessageReader().read(node, *resource.GetReflection()->MutableMessage(&resource, field));
}

}  // namespace limpet
