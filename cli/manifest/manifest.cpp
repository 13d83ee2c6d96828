#include "cli/manifest/manifest.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/base/text.h"
#include "core/resource/kind.h"
#include "core/resource/object.h"
#include "core/validate/validate.h"
#include "manifest/object_reader.h"

namespace limpet::cli {
namespace {

using DocumentPtr = std::shared_ptr<const YamlDocument>;

// Whether `path` is `prefix` or lies below it.
bool is_within(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return false;
  return path.size() == prefix.size() || prefix.empty() || path[prefix.size()] == '.' ||
         path[prefix.size()] == '[';
}

// For messages; an object without a name is just its kind.
std::string name_of(const v1::Resource& resource) {
  const EntryKey key = key_of(resource);
  return key.name.empty() ? key.kind : to_string(key);
}

// What validation finds only because the reader left something out was told by the reader.
bool follows_from(const Violation& violation, const std::vector<ReadProblem>& read_problems) {
  return std::any_of(read_problems.begin(), read_problems.end(), [&](const ReadProblem& problem) {
    return is_within(violation.field, problem.field) ||
           (!problem.meant.empty() && is_within(violation.field, problem.meant)) ||
           (violation.message.starts_with("required") && is_within(problem.field, violation.field));
  });
}

class ManifestReader {
 public:
  ManifestReader(std::string_view default_namespace, ManifestUse use)
      : default_namespace_(default_namespace), use_(use) {}

  void read_file(const SourceFile& file) {
    file_ = file.name;
    first_problem_of_file_ = manifest_.problems.size();
    YamlStream stream = parse_yaml(file.text);
    for (YamlDocument& document : stream.documents) {
      const auto shared = std::make_shared<const YamlDocument>(std::move(document));
      read_document(shared, shared->root());
    }
    if (stream.error) add(stream.error->mark, "", "", stream.error->message);
    const auto begin = manifest_.problems.begin() + static_cast<ptrdiff_t>(first_problem_of_file_);
    std::stable_sort(begin, manifest_.problems.end(),
                     [](const Problem& a, const Problem& b) { return a.mark < b.mark; });
  }

  Manifest take() { return std::move(manifest_); }

 private:
  void add(YamlMark mark, std::string object, std::string field, std::string message) {
    manifest_.problems.push_back(
        {file_, mark, std::move(object), std::move(field), std::move(message)});
  }

  void read_document(const DocumentPtr& document, const YamlNode& node) {
    if (!node.is_map()) {
      return add(node.mark, "", "", "must be an object: a map with apiVersion and kind");
    }
    if (text_of(node, "kind") == "List" && node.find("items") != nullptr) {
      read_items(document, node);
    } else {
      read_object(document, node);
    }
  }

  // `kubectl get -o yaml` writes several objects as one List.
  void read_items(const DocumentPtr& document, const YamlNode& node) {
    for (const YamlNode::Entry& entry : node.entries) {
      const bool known = entry.key == "apiVersion" || entry.key == "kind" ||
                         entry.key == "metadata" || entry.key == "items";
      if (!known) add(entry.mark, "List", entry.key, "unknown field");
    }
    const YamlNode::Entry& items = *node.find("items");
    if (items.value->type != YamlNode::Type::kSequence && !items.value->is_null()) {
      return add(items.mark, "List", "items", "must be a list");
    }
    for (const YamlNode* item : items.value->items) {
      if (item->is_map()) {
        read_object(document, *item);
      } else {
        add(item->mark, "List", "items", "must be objects: maps with apiVersion and kind");
      }
    }
  }

  void read_object(const DocumentPtr& document, const YamlNode& node) {
    const KindInfo* info = kind_of(node);
    if (info == nullptr) return;
    ManifestObject object{.resource = {}, .file = file_, .document = document, .node = &node};
    const std::vector<ReadProblem> problems = limpet::read_object(node, *info, object.resource);

    v1::ObjectMeta& metadata = mutable_metadata_of(*object_of(object.resource));
    if (info->namespaced && metadata.namespace_().empty()) {
      metadata.set_namespace_(std::string(default_namespace_));
    }
    if (report(object, problems)) return;
    if (use_ == ManifestUse::kApply && occurs_again(object)) return;
    manifest_.objects.push_back(std::move(object));
  }

  // Whether there was anything to report.
  bool report(const ManifestObject& object, const std::vector<ReadProblem>& problems) {
    const size_t before = manifest_.problems.size();
    const std::string name = name_of(object.resource);
    for (const ReadProblem& problem : problems) {
      if (matters(problem.field)) add(problem.mark, name, problem.field, problem.message);
    }
    for (const Violation& violation : validate(object.resource)) {
      if (matters(violation.field) && !follows_from(violation, problems)) {
        manifest_.problems.push_back(object.problem_at(violation.field, violation.message));
      }
    }
    return manifest_.problems.size() > before;
  }

  bool matters(std::string_view field) const {
    return use_ == ManifestUse::kApply || field.empty() || field == "apiVersion" ||
           field == "metadata" || field == "metadata.name" || field == "metadata.namespace";
  }

  const KindInfo* kind_of(const YamlNode& node) {
    std::string problem;
    const KindInfo* info = limpet::kind_of(node, problem);
    if (info == nullptr) add(locate(node, "kind"), "", "kind", std::move(problem));
    return info;
  }

  bool occurs_again(const ManifestObject& object) {
    const EntryKey key = key_of(object.resource);
    const YamlMark mark = locate(*object.node, "metadata.name");
    const std::string here = str_cat(file_, ":", mark.line);
    const auto [first, is_new] = places_.try_emplace(key, here);
    if (is_new) return false;
    manifest_.problems.push_back(object.problem_at(
        "metadata.name", str_cat("the same object is at ", first->second, "; keep one")));
    return true;
  }

  const std::string_view default_namespace_;
  const ManifestUse use_;
  std::string file_;
  size_t first_problem_of_file_ = 0;
  std::map<EntryKey, std::string> places_;  // "FILE:LINE" of each object
  Manifest manifest_;
};

}  // namespace

std::string to_string(const Problem& problem) {
  std::string text = str_cat(problem.file, ":", problem.mark.line, ":", problem.mark.column, ": ");
  if (!problem.object.empty()) text += problem.object + ": ";
  if (!problem.field.empty()) text += problem.field + ": ";
  return text + problem.message;
}

Problem ManifestObject::problem_at(std::string field, std::string message) const {
  const YamlMark mark = locate(*node, field);
  return {file, mark, name_of(resource), std::move(field), std::move(message)};
}

Manifest read_manifest(std::span<const SourceFile> files, std::string_view default_namespace,
                       ManifestUse use) {
  ManifestReader reader(default_namespace, use);
  for (const SourceFile& file : files) reader.read_file(file);
  return reader.take();
}

}  // namespace limpet::cli
