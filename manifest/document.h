// A message as the tree of maps, lists and scalars that YAML and JSON share, under the names and
// in the forms of Kubernetes, and the two writers of it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <google/protobuf/message.h>

namespace limpet {

struct DocumentNode {
  enum class Type { kNull, kBool, kNumber, kString, kList, kMap };
  using Entry = std::pair<std::string, DocumentNode>;

  Type type = Type::kNull;
  std::string text;  // of a scalar, as JSON writes it but for a string's quotes and escapes
  std::vector<DocumentNode> items;
  std::vector<Entry> entries;

  static DocumentNode string(std::string text) { return {Type::kString, std::move(text), {}, {}}; }
  static DocumentNode list() { return {Type::kList, {}, {}, {}}; }
  static DocumentNode map() { return {Type::kMap, {}, {}, {}}; }
};

// What becomes of a field that is not set: manifests leave it out; programs that read a status
// want its zero or its empty list.
enum class Unset { kLeaveOut, kShow };

// Fields in the order of their declaration. Integers are numbers, but for those of fixed size,
// which are identities: strings, as are bytes, in hexadecimal digits.
DocumentNode to_document(const google::protobuf::Message& message, Unset unset = Unset::kLeaveOut);

// In block style, ending with a line feed.
std::string to_yaml(const DocumentNode& node);
// Indented by four, ending with a line feed.
std::string to_json(const DocumentNode& node);
// In one line, without a line feed.
std::string to_json_line(const DocumentNode& node);

// As YAML in the block style, without the surrounding "key:", indented by `indent`.
void append_yaml(std::string& out, const DocumentNode& node, int indent);

}  // namespace limpet
