#include "cli/commands/object_choice.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include "cli/jsonpath/evaluate.h"
#include "cli/jsonpath/parser.h"
#include "core/base/text.h"
#include "core/resource/object.h"

namespace limpet::cli {
namespace {

jsonpath::Nodes nodes_of(const jsonpath::Path& path, const DocumentNode& object) {
  // What looks at too much finds nothing: one object is never that large.
  return jsonpath::find(path, object).value_or(jsonpath::Nodes{});
}

// Compares as (missing, number, text): whatever has a value is above what has none.
struct SortKey {
  int rank = 0;  // 0: missing, 1: a number, 2: text
  double number = 0;
  std::string text;

  auto tied() const { return std::tie(rank, number, text); }
};

SortKey sort_key(const jsonpath::Path& path, const v1::Resource& resource) {
  const DocumentNode object = to_document(*object_of(resource));
  const jsonpath::Nodes nodes = nodes_of(path, object);
  if (nodes.empty()) return {};
  SortKey key{2, 0, jsonpath::text_of(*nodes.front())};
  const bool number = nodes.front()->type == DocumentNode::Type::kNumber;
  if (number && absl::SimpleAtod(key.text, &key.number)) return {1, key.number, ""};
  return key;
}

}  // namespace

absl::StatusOr<FieldSelector> FieldSelector::parse(const std::string& text) {
  FieldSelector selector;
  for (const std::string& word :
       std::vector<std::string>(absl::StrSplit(text, ',', absl::SkipEmpty()))) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(
          str_cat("\"", word, "\" must be FIELD=VALUE, FIELD==VALUE or FIELD!=VALUE"));
    }
    const bool differs = word[equals - 1] == '!';
    const bool doubled = !differs && equals + 1 < word.size() && word[equals + 1] == '=';
    const std::string field = word.substr(0, equals - (differs ? 1 : 0));
    absl::StatusOr<jsonpath::Path> path = jsonpath::parse_path(field);
    if (!path.ok()) {
      return absl::InvalidArgumentError(
          str_cat("\"", field, "\": ", std_view(path.status().message())));
    }
    selector.requirements_.push_back(
        {*std::move(path), !differs, word.substr(equals + (doubled ? 2 : 1))});
  }
  return selector;
}

bool FieldSelector::selects(const DocumentNode& object) const {
  return std::ranges::all_of(requirements_, [&](const Requirement& requirement) {
    const jsonpath::Nodes nodes = nodes_of(requirement.path, object);
    const bool found = nodes.empty() ? requirement.value.empty()
                                     : std::ranges::any_of(nodes, [&](const DocumentNode* node) {
                                         return jsonpath::text_of(*node) == requirement.value;
                                       });
    return found == requirement.equal;
  });
}

void sort_objects(const jsonpath::Path& path, std::vector<v1::Resource>& resources) {
  std::vector<SortKey> keys;
  for (const v1::Resource& resource : resources) keys.push_back(sort_key(path, resource));
  std::vector<size_t> order(resources.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::vector<size_t> kinds(resources.size(), 0);
  for (size_t i = 1; i < resources.size(); ++i) {
    const bool same = resources[i].object_case() == resources[i - 1].object_case();
    kinds[i] = kinds[i - 1] + (same ? 0 : 1);
  }
  std::ranges::stable_sort(order, [&](size_t a, size_t b) {
    if (kinds[a] != kinds[b]) return kinds[a] < kinds[b];
    return keys[a].tied() < keys[b].tied();
  });
  std::vector<v1::Resource> sorted;
  for (const size_t i : order) sorted.push_back(std::move(resources[i]));
  resources = std::move(sorted);
}

}  // namespace limpet::cli
