#include "manifest/tree.h"

#include <algorithm>

#include <absl/strings/numbers.h>

#include "core/base/text.h"

namespace limpet {
namespace {

// Takes the part before `end` off the path.
std::string_view take_until(std::string_view& path, size_t end) {
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(segment.size());
  return segment;
}

const YamlNode* item_at(const YamlNode& node, std::string_view index_text) {
  size_t index = 0;
  if (!absl::SimpleAtoi(absl_view(index_text), &index)) return nullptr;
  return index < node.items.size() ? node.items[index] : nullptr;
}

}  // namespace

const YamlNode::Entry* YamlNode::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

YamlMark locate(const YamlNode& root, std::string_view field) {
  const YamlNode* node = &root;
  YamlMark mark = root.mark;
  while (!field.empty() && node != nullptr) {
    if (field[0] == '.') field.remove_prefix(1);
    if (field.starts_with('[')) {
      // Only a map's key may have brackets and dots of its own; nothing follows it.
      const size_t close = node->is_map() ? field.rfind(']') : field.find(']');
      const std::string_view inside = take_until(field, close).substr(1);
      if (!field.empty()) field.remove_prefix(1);
      if (!node->is_map()) {
        node = item_at(*node, inside);
        if (node != nullptr) mark = node->mark;
        continue;
      }
      const YamlNode::Entry* entry = node->find(inside);
      return entry == nullptr ? mark : entry->mark;
    }
    const YamlNode::Entry* entry = node->find(take_until(field, field.find_first_of(".[")));
    node = entry == nullptr ? nullptr : entry->value;
    if (entry != nullptr) mark = entry->mark;
  }
  return mark;
}

}  // namespace limpet
