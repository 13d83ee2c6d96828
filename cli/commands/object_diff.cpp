#include "cli/commands/object_diff.h"

#include "cli/output/line_diff.h"
#include "core/base/text.h"
#include "core/resource/object.h"
#include "manifest/document.h"

namespace limpet::cli {
namespace {

std::string yaml_of(const v1::Resource* resource) {
  return resource == nullptr ? std::string() : to_yaml(to_document(*object_of(*resource)));
}

std::string written_yaml_of(const v1::Resource* resource) {
  if (resource == nullptr) return {};
  v1::Resource copy = *resource;
  google::protobuf::Message& object = *object_of(copy);
  clear_server_owned(object);
  // A manifest may leave it out.
  mutable_metadata_of(object).set_namespace_(key_of(*resource).ns);
  return yaml_of(&copy);
}

std::string name_of(const v1::Resource* resource, const std::string& side) {
  if (resource == nullptr) return "/dev/null";
  return str_cat(to_string(key_of(*resource)), " (", side, ")");
}

// Deleted and created between the sides: another object, even if it is written alike.
bool made_again(const v1::Resource* before, const v1::Resource* after) {
  if (before == nullptr || after == nullptr) return false;
  const std::string& uid = metadata_of(*object_of(*before)).uid();
  const std::string& other = metadata_of(*object_of(*after)).uid();
  return !uid.empty() && !other.empty() && uid != other;
}

}  // namespace

std::string object_diff(const v1::Resource* before, const v1::Resource* after,
                        const DiffSides& sides) {
  const DiffStyle style{name_of(before, sides.before), name_of(after, sides.after), sides.color};
  if (made_again(before, after)) return unified_diff(yaml_of(before), yaml_of(after), style);
  return unified_diff(written_yaml_of(before), written_yaml_of(after), style);
}

}  // namespace limpet::cli
