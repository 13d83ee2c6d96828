#include "cli/commands/candidates.h"

#include <algorithm>

#include <absl/strings/str_split.h>

#include "core/base/text.h"
#include "core/resource/kind.h"

namespace limpet::cli {
namespace {

// A flag of the verb, or of one above it; null if there is none.
const CLI::Option* find_flag(const CLI::App* verb, std::string_view name) {
  for (; verb != nullptr; verb = verb->get_parent()) {
    for (const CLI::Option* flag : verb->get_options()) {
      const std::vector<std::string> names = names_of(*flag);
      if (std::find(names.begin(), names.end(), name) != names.end()) return flag;
    }
  }
  return nullptr;
}

const CLI::App* find_verb(const CLI::App& above, const std::string& name) {
  for (const CLI::App* verb : shown_verbs(above)) {
    if (verb->get_name() == name) return verb;
  }
  return nullptr;
}

// CLI11 tells the values that a flag is limited to as "TEXT:{yaml,json}".
std::vector<std::string> values_of(const CLI::Option& flag) {
  const std::string type = flag.get_type_name();
  const size_t open = type.find(":{");
  if (open == std::string::npos || !type.ends_with('}')) return {};
  return absl::StrSplit(type.substr(open + 2, type.size() - open - 3), ',');
}

bool is_namespace_flag(const CLI::Option& flag) { return flag.check_lname("namespace"); }

// What was read of a line, up to the word that is being typed.
struct Line {
  const CLI::App* verb;
  std::vector<std::string> arguments = {};
  const CLI::Option* open = nullptr;  // a flag whose value comes next
  std::string ns = {};
};

void read_word(Line& line, const std::string& word) {
  if (line.open != nullptr) {
    if (is_namespace_flag(*line.open)) line.ns = word;
    line.open = nullptr;
  } else if (word.starts_with('-') && word.size() > 1) {
    const size_t equals = word.find('=');
    const CLI::Option* flag = find_flag(line.verb, word.substr(0, equals));
    if (flag == nullptr || !takes_value(*flag)) return;
    if (equals == std::string::npos) {
      line.open = flag;
    } else if (is_namespace_flag(*flag)) {
      line.ns = word.substr(equals + 1);
    }
  } else if (const CLI::App* below = find_verb(*line.verb, word);
             below != nullptr && line.arguments.empty()) {
    line.verb = below;
  } else {
    line.arguments.push_back(word);
  }
}

void add_kinds(Candidates& candidates) {
  for (const KindInfo& kind : user_kinds()) candidates.fixed.emplace_back(kind.plural);
}

// KIND NAME... or KIND/NAME...
void add_objects(const Line& line, const std::string& typed, Candidates& candidates) {
  const bool pairs = contains(line.arguments.empty() ? typed : line.arguments[0], '/');
  if (!pairs && line.arguments.empty()) return add_kinds(candidates);
  const std::string& named = pairs ? typed : line.arguments[0];
  candidates.kind = named.substr(0, named.find('/'));
  if (pairs && !contains(typed, '/')) return add_kinds(candidates);
  candidates.ask = Candidates::Ask::kObjects;
  candidates.ns = line.ns;
  if (pairs) candidates.prefix = candidates.kind + "/";
}

void add_arguments(const Line& line, const std::string& typed, Candidates& candidates) {
  const std::vector<const CLI::Option*> arguments = shown_arguments(*line.verb);
  if (arguments.empty()) return;
  const std::string name = arguments[0]->get_name(true);
  if (name == "resource" || name == "what") add_objects(line, typed, candidates);
  if (name == "kind" && line.arguments.empty()) add_kinds(candidates);
  if (name == "service" && line.arguments.empty()) {
    candidates.ask = Candidates::Ask::kObjects;
    candidates.kind = "service";
    candidates.ns = line.ns;
  }
  if (name == "node") candidates.ask = Candidates::Ask::kNodes;
}

}  // namespace

std::vector<const CLI::App*> shown_verbs(const CLI::App& verb) {
  return verb.get_subcommands([](const CLI::App* below) { return !below->get_group().empty(); });
}

std::vector<const CLI::Option*> shown_flags(const CLI::App& verb) {
  return verb.get_options([](const CLI::Option* option) {
    return !option->get_positional() && !option->get_group().empty();
  });
}

std::vector<const CLI::Option*> shown_arguments(const CLI::App& verb) {
  return verb.get_options([](const CLI::Option* option) {
    return option->get_positional() && !option->get_group().empty();
  });
}

std::vector<std::string> names_of(const CLI::Option& flag) {
  std::vector<std::string> names;
  for (const std::string& name : flag.get_snames()) names.push_back("-" + name);
  for (const std::string& name : flag.get_lnames()) names.push_back("--" + name);
  return names;
}

bool takes_value(const CLI::Option& flag) { return flag.get_items_expected_max() > 0; }

Candidates candidates_for(const CLI::App& gwctl, const std::vector<std::string>& words) {
  Line line{&gwctl};
  const std::string typed = words.empty() ? "" : words.back();
  for (size_t i = 0; i + 1 < words.size(); ++i) read_word(line, words[i]);
  Candidates candidates;
  if (line.open != nullptr) {
    candidates.fixed = values_of(*line.open);
    if (is_namespace_flag(*line.open)) candidates.ask = Candidates::Ask::kNamespaces;
  } else if (typed.starts_with('-')) {
    for (const CLI::App* verb = line.verb; verb != nullptr; verb = verb->get_parent()) {
      for (const CLI::Option* flag : shown_flags(*verb)) {
        for (std::string& name : names_of(*flag)) candidates.fixed.push_back(std::move(name));
      }
    }
  } else {
    if (line.arguments.empty()) {
      for (const CLI::App* below : shown_verbs(*line.verb)) {
        candidates.fixed.push_back(below->get_name());
      }
    }
    add_arguments(line, typed, candidates);
  }
  return candidates;
}

std::vector<std::string> connection_words(const CLI::App& gwctl,
                                          const std::vector<std::string>& words) {
  std::vector<std::string> found;
  for (size_t i = 0; i + 1 < words.size(); ++i) {  // the last is being typed
    const size_t equals = words[i].find('=');
    const CLI::Option* flag = find_flag(&gwctl, words[i].substr(0, equals));
    if (flag == nullptr || !takes_value(*flag)) continue;
    found.push_back(words[i]);
    if (equals == std::string::npos && i + 2 < words.size()) found.push_back(words[++i]);
  }
  return found;
}

}  // namespace limpet::cli
