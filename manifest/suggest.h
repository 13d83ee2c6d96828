#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace limpet {

// What was probably meant: the candidate nearest to the word, where near is a third of its letters
// changed, added, lost or swapped with a neighbour (case counts for nothing); else "".
std::string suggest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace limpet
