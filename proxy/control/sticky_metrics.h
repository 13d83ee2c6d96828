// What decided where requests of sessions went, for Prometheus (text format 0.0.4):
//
//   limpet_sticky_decisions_total{reason="hit"} 1290
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "proxy/worker.h"

namespace limpet {

// Every reason of core/sticky/decide.h, also those that did not happen yet. From any thread.
std::string sticky_metrics(const std::vector<std::unique_ptr<Worker>>& workers);

}  // namespace limpet
