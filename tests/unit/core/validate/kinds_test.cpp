// Keeps docs/kubernetes-fields.md equal to the options of the fields in resource.proto.
#include <algorithm>
#include <fstream>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "core/resource/kind.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

std::string what_becomes_of(const FieldDescriptor& field) {
  if (field.options().GetExtension(v1::server_owned)) return "dropped";
  if (field.options().GetExtension(v1::no_effect)) return "no effect";
  if (field.options().GetExtension(v1::unsupported)) return "refused";
  return {};
}

void add_rows(const std::string& kind, const Descriptor& message, const std::string& path,
              std::set<std::string>& rows) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    std::string here = path + (path.empty() ? "" : ".") + field.json_name();
    const std::string becomes = what_becomes_of(field);
    if (!becomes.empty()) {
      rows.insert("| " + kind + " | `" + here + "` | " + becomes + " |");
    } else if (field.message_type() == v1::ObjectMeta::descriptor() && kind != "every kind") {
      continue;  // listed once
    } else if (field.message_type() != nullptr && !field.is_map() &&
               field.message_type()->file()->package() ==
                   v1::Resource::descriptor()->file()->package()) {
      add_rows(kind, *field.message_type(), here + (field.is_repeated() ? "[]" : ""), rows);
    }
  }
}

std::set<std::string> rows_of_descriptors() {
  std::set<std::string> rows;
  add_rows("every kind", *v1::ObjectMeta::descriptor(), "metadata", rows);
  for (const KindInfo& kind : user_kinds()) {
    const auto* field = v1::Resource::descriptor()->FindFieldByNumber(kind.resource_field);
    add_rows(std::string(kind.kind), *field->message_type(), "", rows);
  }
  return rows;
}

TEST(KubernetesFields, ThePageListsWhatTheDescriptorsSay) {
  std::ifstream page("docs/kubernetes-fields.md");
  ASSERT_TRUE(page) << "run from the root of a checkout";
  std::set<std::string> rows;
  for (std::string line; std::getline(page, line);) {
    if (line.find(" | `") != std::string::npos) rows.insert(line);
  }
  for (const std::string& row : rows_of_descriptors()) {
    EXPECT_TRUE(rows.contains(row)) << "missing in docs/kubernetes-fields.md:\n" << row;
    rows.erase(row);
  }
  for (const std::string& row : rows) ADD_FAILURE() << "not so in resource.proto:\n" << row;
}

}  // namespace
}  // namespace limpet
