// What becomes of one request, for people and for programs: who takes it, what is done to it, where
// it goes, and why others do not have it.
#pragma once

#include <cstdint>
#include <string>

#include "core/routing/explain.h"
#include "core/routing/routing_table.h"
#include "manifest/document.h"

namespace limpet::cli {

struct Traced {
  const RoutingTable& table;
  uint16_t port = 0;
  const RoutedRequest& request;
  Explanation explanation;
};

std::string trace_text(const Traced& traced);
DocumentNode trace_document(const Traced& traced);

}  // namespace limpet::cli
