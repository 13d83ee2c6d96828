// What stands in a session's token, and what its next request meets, for people.
#pragma once

#include <string>
#include <string_view>

#include <absl/time/time.h>

#include "limpet/v1/sessions.pb.h"

namespace limpet::cli {

std::string session_text(const v1::ExplainSessionResponse& session, absl::Time now);

// Why a token with that status does not open; empty: it does.
std::string_view unopened_text(std::string_view status);

}  // namespace limpet::cli
