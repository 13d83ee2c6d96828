// The endpoints of a Service as people read them.
#pragma once

#include <string>

#include <absl/time/time.h>

#include "cli/output/table.h"
#include "limpet/v1/endpoints.pb.h"

namespace limpet::cli {

// `wide`: with what nodes find wrong.
Table endpoint_table(const v1::ListEndpointsResponse& response, bool wide, absl::Time now);

// Those that are drained or down, as a section of what is told of the Service; empty: there are
// none.
std::string troubled_endpoints_text(const v1::ListEndpointsResponse& response, absl::Time now);

}  // namespace limpet::cli
