#include "cli/editor.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "core/base/text.h"

namespace limpet::cli {
namespace {

std::string command() {
  for (const char* name : {"GWCTL_EDITOR", "VISUAL", "EDITOR"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "vi";
}

// What is typed at the terminal to interrupt is meant for the editor, as with system(3).
class Uninterrupted {
 public:
  Uninterrupted() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGINT, &ignore, &interrupt_);
    sigaction(SIGQUIT, &ignore, &quit_);
  }
  ~Uninterrupted() {
    sigaction(SIGINT, &interrupt_, nullptr);
    sigaction(SIGQUIT, &quit_, nullptr);
  }
  Uninterrupted(const Uninterrupted&) = delete;
  Uninterrupted& operator=(const Uninterrupted&) = delete;

  // As posix_spawnp; the signals are the program's own again in the new process.
  int spawn(pid_t& pid, char** argv) const {
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t own;
    sigemptyset(&own);
    if (interrupt_.sa_handler != SIG_IGN) sigaddset(&own, SIGINT);
    if (quit_.sa_handler != SIG_IGN) sigaddset(&own, SIGQUIT);
    posix_spawnattr_setsigdefault(&attributes, &own);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    const int error = posix_spawnp(&pid, argv[0], nullptr, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    return error;
  }

 private:
  struct sigaction interrupt_ {};
  struct sigaction quit_ {};
};

}  // namespace

std::vector<std::string> editor_words(std::string_view command) {
  std::vector<std::string> words;
  char quote = '\0';
  bool inside = false;  // of a word
  for (const char c : command) {
    if (quote == '\0' && (c == ' ' || c == '\t')) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    if (c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
    } else {
      words.back() += c;
    }
  }
  return words;
}

absl::Status edit_file(const std::string& file) {
  std::vector<std::string> words = editor_words(command());
  if (words.empty()) words.emplace_back("vi");
  words.push_back(file);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t editor = 0;
  const Uninterrupted signals;
  const int error = signals.spawn(editor, argv.data());
  if (error != 0) {
    return absl::InvalidArgumentError(str_cat("cannot start the editor ", words[0], ": ",
                                              std::strerror(error),
                                              "; set GWCTL_EDITOR or EDITOR to another"));
  }
  int status = 0;
  while (waitpid(editor, &status, 0) < 0) {
    if (errno != EINTR) return absl::InternalError(str_cat("waitpid: ", std::strerror(errno)));
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::CancelledError(
      WIFEXITED(status)
          ? str_cat("the editor ", words[0], " ended with exit code ", WEXITSTATUS(status))
          : str_cat("the editor ", words[0], " was ended by signal ", WTERMSIG(status)));
}

}  // namespace limpet::cli
