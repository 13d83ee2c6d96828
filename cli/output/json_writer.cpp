#include "cli/output/document.h"
#include "cli/output/quote.h"

namespace limpet::cli {
namespace {

using Type = DocumentNode::Type;

constexpr int kIndent = 4;

void append(std::string& out, const DocumentNode& node, int indent);

// The children of a list or map, each by `append_child`, between the brackets.
template <typename Children, typename AppendChild>
void append_children(std::string& out, const Children& children, const char* brackets, int indent,
                     AppendChild append_child) {
  out += brackets[0];
  bool first = true;
  for (const auto& child : children) {
    out += first ? "\n" : ",\n";
    out.append(static_cast<size_t>(indent + kIndent), ' ');
    append_child(child);
    first = false;
  }
  if (!first) {
    out += '\n';
    out.append(static_cast<size_t>(indent), ' ');
  }
  out += brackets[1];
}

void append(std::string& out, const DocumentNode& node, int indent) {
  switch (node.type) {
    case Type::kNull:
      out += "null";
      break;
    case Type::kBool:
    case Type::kNumber:
      out += node.text;
      break;
    case Type::kString:
      out += quote(node.text);
      break;
    case Type::kList:
      append_children(out, node.items, "[]", indent,
                      [&](const DocumentNode& item) { append(out, item, indent + kIndent); });
      break;
    case Type::kMap:
      append_children(out, node.entries, "{}", indent, [&](const DocumentNode::Entry& entry) {
        out += quote(entry.first) + ": ";
        append(out, entry.second, indent + kIndent);
      });
      break;
  }
}

}  // namespace

std::string to_json(const DocumentNode& node) {
  std::string out;
  append(out, node, 0);
  return out + "\n";
}

}  // namespace limpet::cli
