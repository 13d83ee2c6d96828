// A cluster by its name, with the hash taken once.
#pragma once

#include <cstdint>
#include <string>

namespace limpet {

struct ClusterRef {
  std::string name;  // "server/pipy:8080"
  uint64_t hash = 0;
};

}  // namespace limpet
