// Clients and what they keep: their cookies, and, for the judgement of moves, where they were.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/simulation/facts.h"

namespace limpet::simulation {

// Where a client was served last on a path, as its session's.
struct Home {
  Identity identity;
  std::string scope;
  std::string cookie;
  uint64_t session = 0;
  // Answers have overtaken one another since, or an old cookie was shown: what one of them said
  // may be lost.
  bool raced = false;
};

struct Client {
  bool keeps_cookies = true;
  bool walks = false;                      // through all paths
  std::map<std::string, std::string> jar;  // tokens by cookie
  std::map<std::string, std::string> old;  // the one before, of each cookie
  std::map<std::string, Home> homes;       // by path
  std::map<std::string, std::string>
      renewed;  // why the cookie's session is another one than before
};

}  // namespace limpet::simulation
