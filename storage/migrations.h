// The database's schema, as numbered steps. PRAGMA user_version counts those that were taken.
#pragma once

#include <absl/status/status.h>

#include "storage/sqlite.h"

namespace limpet {

// Takes the steps that are missing, each in a transaction of its own. FAILED_PRECONDITION when the
// database has taken steps that this program does not know.
absl::Status migrate(sqlite::Database& database);

}  // namespace limpet
