// What may stand at the end of a command line, read off the tree of verbs. Pure.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace limpet::cli {

// The verbs below this one, or its flags and arguments, that a person is to see.
std::vector<const CLI::App*> shown_verbs(const CLI::App& verb);
std::vector<const CLI::Option*> shown_flags(const CLI::App& verb);
std::vector<const CLI::Option*> shown_arguments(const CLI::App& verb);
// "-o", "--output"
std::vector<std::string> names_of(const CLI::Option& flag);
// Whether a value follows it.
bool takes_value(const CLI::Option& flag);

struct Candidates {
  // What only the server knows is asked for by name.
  enum class Ask { kNothing, kNamespaces, kNodes, kObjects };

  std::vector<std::string> fixed;  // known without a server; not yet cut down to what fits
  Ask ask = Ask::kNothing;
  std::string kind;    // of the objects, as typed
  std::string ns;      // that the line says the objects are of; "": it says nothing
  std::string prefix;  // stands before each object's name: "httproute/"
};

// `words` are those behind "gwctl"; the last one is being typed, and may be empty.
Candidates candidates_for(const CLI::App& gwctl, const std::vector<std::string>& words);

// The arguments among `words` that say how to reach the server, as gwctl's own parser takes them.
std::vector<std::string> connection_words(const CLI::App& gwctl,
                                          const std::vector<std::string>& words);

}  // namespace limpet::cli
