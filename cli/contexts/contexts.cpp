#include "cli/contexts/contexts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "cli/yaml/yaml_tree.h"
#include "core/base/text.h"
#include "manifest/document.h"

namespace limpet::cli {
namespace {

struct Field {
  std::string_view key;
  std::string& (*of)(Context&);
};
constexpr std::array<Field, 5> kFields = {{
    {"name", [](Context& context) -> std::string& { return context.name; }},
    {"server", [](Context& context) -> std::string& { return context.connection.server; }},
    {"tlsCa", [](Context& context) -> std::string& { return context.connection.tls.ca; }},
    {"tlsIdentity",
     [](Context& context) -> std::string& { return context.connection.tls.identity; }},
    {"tokenFile", [](Context& context) -> std::string& { return context.connection.token_file; }},
}};

absl::Status wrong(const YamlMark& mark, std::string_view message) {
  return absl::InvalidArgumentError(str_cat(mark.line, ":", mark.column, ": ", message));
}

absl::Status read_text(const YamlNode& node, std::string_view key, std::string& text) {
  if (node.type != YamlNode::Type::kScalar) return wrong(node.mark, str_cat(key, ": must be text"));
  text = node.text;
  return absl::OkStatus();
}

absl::StatusOr<Context> read_context(const YamlNode& node) {
  Context context;
  if (!node.is_map()) return wrong(node.mark, "a context must be a map");
  for (const YamlNode::Entry& entry : node.entries) {
    const auto field = std::ranges::find(kFields, entry.key, &Field::key);
    if (field == kFields.end()) return wrong(entry.mark, str_cat("unknown field ", entry.key));
    absl::Status read = read_text(*entry.value, entry.key, field->of(context));
    if (!read.ok()) return read;
  }
  if (context.name.empty()) return wrong(node.mark, "a context needs a name");
  return context;
}

}  // namespace

const Context* Contexts::find(const std::string& name) const {
  const auto found = std::ranges::find(all, name, &Context::name);
  return found == all.end() ? nullptr : &*found;
}

Context& Contexts::put(const std::string& name) {
  const auto found = std::ranges::find(all, name, &Context::name);
  if (found != all.end()) return *found;
  return all.emplace_back(Context{name, {}});
}

bool Contexts::remove(const std::string& name) {
  if (current == name) current.clear();
  return std::erase_if(all, [&](const Context& context) { return context.name == name; }) > 0;
}

absl::StatusOr<Contexts> parse_contexts(const std::string& text) {
  Contexts contexts;
  const YamlStream stream = parse_yaml(text);
  if (stream.error) return wrong(stream.error->mark, stream.error->message);
  if (stream.documents.empty()) return contexts;
  const YamlNode& root = stream.documents.front().root();
  if (!root.is_map()) return wrong(root.mark, "must be a map");
  for (const YamlNode::Entry& entry : root.entries) {
    if (entry.key == "currentContext") {
      absl::Status read = read_text(*entry.value, entry.key, contexts.current);
      if (!read.ok()) return read;
    } else if (entry.key == "contexts") {
      for (const YamlNode* item : entry.value->items) {
        absl::StatusOr<Context> context = read_context(*item);
        if (!context.ok()) return context.status();
        if (contexts.find(context->name) != nullptr) {
          return wrong(item->mark, str_cat("a second context ", context->name));
        }
        contexts.all.push_back(*std::move(context));
      }
    } else {
      return wrong(entry.mark, str_cat("unknown field ", entry.key));
    }
  }
  return contexts;
}

std::string to_text(const Contexts& contexts) {
  DocumentNode root = DocumentNode::map();
  if (!contexts.current.empty()) {
    root.entries.emplace_back("currentContext", DocumentNode::string(contexts.current));
  }
  DocumentNode list = DocumentNode::list();
  for (Context context : contexts.all) {
    DocumentNode item = DocumentNode::map();
    for (const Field& field : kFields) {
      const std::string& value = field.of(context);
      if (value.empty()) continue;
      item.entries.emplace_back(std::string(field.key), DocumentNode::string(value));
    }
    list.items.push_back(std::move(item));
  }
  root.entries.emplace_back("contexts", std::move(list));
  return to_yaml(root);
}

}  // namespace limpet::cli
