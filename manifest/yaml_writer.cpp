#include "manifest/document.h"
#include "manifest/quote.h"
#include "manifest/scalar.h"

namespace limpet {
namespace {

using Type = DocumentNode::Type;

std::string string_text(const std::string& text) { return needs_quotes(text) ? quote(text) : text; }

// What fits on the line of its key or dash.
bool is_inline(const DocumentNode& node) {
  if (node.type == Type::kList) return node.items.empty();
  return node.type != Type::kMap || node.entries.empty();
}

std::string inline_text(const DocumentNode& node) {
  switch (node.type) {
    case Type::kNull:
      return "null";
    case Type::kString:
      return string_text(node.text);
    case Type::kList:
      return "[]";
    case Type::kMap:
      return "{}";
    case Type::kBool:
    case Type::kNumber:
      break;
  }
  return node.text;
}

void append_block(std::string& out, const DocumentNode& node, int indent, bool first_indented);

// Kubernetes writes the dashes of a list in the column of its key.
void append_entry(std::string& out, const DocumentNode::Entry& entry, int indent) {
  out += string_text(entry.first) + ":";
  if (is_inline(entry.second)) {
    out += " " + inline_text(entry.second) + "\n";
    return;
  }
  out += "\n";
  const int deeper = entry.second.type == Type::kMap ? indent + 2 : indent;
  append_block(out, entry.second, deeper, /*first_indented=*/false);
}

// `first_indented`: the first line's indentation stands already (behind a dash).
void append_block(std::string& out, const DocumentNode& node, int indent, bool first_indented) {
  const auto start_line = [&](bool first) {
    if (!first || !first_indented) out.append(static_cast<size_t>(indent), ' ');
  };
  bool first = true;
  for (const DocumentNode::Entry& entry : node.entries) {
    start_line(first);
    append_entry(out, entry, indent);
    first = false;
  }
  for (const DocumentNode& item : node.items) {
    start_line(first);
    out += "- ";
    if (is_inline(item)) {
      out += inline_text(item) + "\n";
    } else {
      append_block(out, item, indent + 2, /*first_indented=*/true);
    }
    first = false;
  }
}

}  // namespace

void append_yaml(std::string& out, const DocumentNode& node, int indent) {
  if (!is_inline(node)) return append_block(out, node, indent, /*first_indented=*/false);
  out.append(static_cast<size_t>(indent), ' ');
  out += inline_text(node) + "\n";
}

std::string to_yaml(const DocumentNode& node) {
  std::string out;
  append_yaml(out, node, 0);
  return out;
}

}  // namespace limpet
