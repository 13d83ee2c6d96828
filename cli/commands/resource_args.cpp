#include "cli/commands/resource_args.h"

#include <algorithm>

#include <absl/strings/str_split.h>

#include "core/base/text.h"
#include "manifest/suggest.h"

namespace limpet::cli {
namespace {

absl::Status invalid(const std::string& message) { return absl::InvalidArgumentError(message); }

EntryKey key_for(const KindInfo& kind, const std::string& name, const std::string& ns) {
  return {std::string(kind.kind), kind.namespaced ? ns : "", name};
}

absl::StatusOr<std::vector<const KindInfo*>> kinds_of(const std::string& list) {
  std::vector<const KindInfo*> kinds;
  for (const std::string& word : std::vector<std::string>(absl::StrSplit(list, ','))) {
    if (word == "all") {
      for (const KindInfo& each : user_kinds()) kinds.push_back(&each);
      continue;
    }
    absl::StatusOr<const KindInfo*> kind = parse_kind(word);
    if (!kind.ok()) return kind.status();
    if (std::find(kinds.begin(), kinds.end(), *kind) == kinds.end()) kinds.push_back(*kind);
  }
  return kinds;
}

// httproute/a service/b
absl::StatusOr<ResourceArgs> parse_pairs(const std::vector<std::string>& words,
                                         const std::string& ns) {
  ResourceArgs args;
  for (const std::string& word : words) {
    const size_t slash = word.find('/');
    if (slash == std::string::npos || slash + 1 == word.size()) {
      return invalid(str_cat("\"", word, "\" must be KIND/NAME, like the others"));
    }
    absl::StatusOr<const KindInfo*> kind = parse_kind(word.substr(0, slash));
    if (!kind.ok()) return kind.status();
    args.keys.push_back(key_for(**kind, word.substr(slash + 1), ns));
  }
  return args;
}

}  // namespace

absl::StatusOr<const KindInfo*> parse_kind(const std::string& word) {
  const size_t dot = word.find('.');
  const KindInfo* info = find_kind_by_any_name(word.substr(0, dot));
  if (info != nullptr && (dot == std::string::npos || word.substr(dot + 1) == info->group)) {
    return info;
  }
  std::vector<std::string> names;
  for (const KindInfo& each : user_kinds()) names.emplace_back(each.plural);
  const std::string meant = suggest(word, names);
  return invalid(meant.empty()
                     ? str_cat("unknown kind \"", word, "\"; known are ", join(names, ", "))
                     : str_cat("unknown kind \"", word, "\"; did you mean ", meant, "?"));
}

absl::StatusOr<ResourceArgs> parse_resource_args(const std::vector<std::string>& words,
                                                 const std::string& ns) {
  if (words.empty()) return invalid("no kind given; \"gwctl get all\" shows everything");
  if (contains(words[0], '/')) return parse_pairs(words, ns);
  absl::StatusOr<std::vector<const KindInfo*>> kinds = kinds_of(words[0]);
  if (!kinds.ok()) return kinds.status();
  ResourceArgs args;
  if (words.size() == 1) {
    args.kinds = *std::move(kinds);
    return args;
  }
  for (const KindInfo* kind : *kinds) {
    for (auto name = words.begin() + 1; name != words.end(); ++name) {
      if (contains(*name, '/')) {
        return invalid(str_cat("\"", *name, "\" must be a name: the kind stands before it"));
      }
      args.keys.push_back(key_for(*kind, *name, ns));
    }
  }
  return args;
}

}  // namespace limpet::cli
