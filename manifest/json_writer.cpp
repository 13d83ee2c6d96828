#include "manifest/document.h"
#include "manifest/quote.h"

namespace limpet {
namespace {

using Type = DocumentNode::Type;

constexpr int kIndent = 4;
constexpr int kOneLine = -1;  // as an indentation: no line feeds, and no indentation

void append(std::string& out, const DocumentNode& node, int indent);

// The children of a list or map, each by `append_child`, between the brackets.
template <typename Children, typename AppendChild>
void append_children(std::string& out, const Children& children, const char* brackets, int indent,
                     AppendChild append_child) {
  out += brackets[0];
  const auto new_line = [&](int by) {
    if (indent == kOneLine) return;
    out += '\n';
    out.append(static_cast<size_t>(indent + by), ' ');
  };
  bool first = true;
  for (const auto& child : children) {
    if (!first) out += ',';
    new_line(kIndent);
    append_child(child);
    first = false;
  }
  if (!first) new_line(0);
  out += brackets[1];
}

void append(std::string& out, const DocumentNode& node, int indent) {
  const int deeper = indent == kOneLine ? kOneLine : indent + kIndent;
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
                      [&](const DocumentNode& item) { append(out, item, deeper); });
      break;
    case Type::kMap:
      append_children(out, node.entries, "{}", indent, [&](const DocumentNode::Entry& entry) {
        out += quote(entry.first) + (indent == kOneLine ? ":" : ": ");
        append(out, entry.second, deeper);
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

std::string to_json_line(const DocumentNode& node) {
  std::string out;
  append(out, node, kOneLine);
  return out;
}

}  // namespace limpet
