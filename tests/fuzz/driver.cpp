// Runs a fuzz target without libFuzzer: on its seeds, and on mutations of them. The same command
// line gives the same inputs.
//
//   fuzz_X [--runs=N] [--seed=N] [--seconds=N] [--keep=FILE]
//                                              --seconds goes on for so long, instead of --runs;
//                                              --keep writes each input there before it is run:
//                                              after a crash, the file has the culprit
//   fuzz_X FILE...                             only on these
//   fuzz_X --write=DIRECTORY                   writes the seeds there, as a corpus for libFuzzer
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include <google/protobuf/stubs/logging.h>

#include "tests/fuzz/fuzz.h"

namespace limpet::fuzz {
namespace {

constexpr size_t kMaxInput = 64 * 1024;

struct Options {
  uint64_t runs = 10'000;
  uint64_t seconds = 0;  // 0: as many runs as asked for
  uint64_t seed = 1;
  std::string keep;
  std::string write;
  std::vector<std::string> files;
};

Options options_of(int argc, char** argv) {
  Options options;
  for (const std::string& argument : std::vector<std::string>(argv + 1, argv + argc)) {
    const std::string value = argument.substr(std::min(argument.find('=') + 1, argument.size()));
    if (argument.starts_with("--runs=")) {
      options.runs = std::stoull(value);
    } else if (argument.starts_with("--seed=")) {
      options.seed = std::stoull(value);
    } else if (argument.starts_with("--seconds=")) {
      options.seconds = std::stoull(value);
    } else if (argument.starts_with("--write=")) {
      options.write = value;
    } else if (argument.starts_with("--keep=")) {
      options.keep = value;
    } else {
      options.files.push_back(argument);
    }
  }
  return options;
}

void run(const std::string& input) {
  // In memory of just this size, so that a sanitizer sees a read beyond it.
  const std::vector<uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

class Mutator {
 public:
  Mutator(std::vector<std::string> seeds, uint64_t seed)
      : seeds_(std::move(seeds)), random_(seed) {}

  std::string next() {
    std::string input = any_seed();
    for (size_t mutations = 1 + draw(6); mutations > 0; --mutations) mutate(input);
    input.resize(std::min(input.size(), kMaxInput));
    return input;
  }

 private:
  size_t draw(size_t below) { return below == 0 ? 0 : static_cast<size_t>(random_() % below); }
  const std::string& any_seed() { return seeds_[draw(seeds_.size())]; }

  void mutate(std::string& input) {
    constexpr unsigned char kSpecial[] = {0,   1,   0x7F, 0x80, 0xFF, '\n', '\r',
                                          ' ', '"', '{',  ':',  ',',  ';',  '='};
    const size_t at = draw(input.size());
    const size_t size = 1 + draw(input.size() - at);
    switch (draw(8)) {
      case 0:
        if (!input.empty()) input[at] = static_cast<char>(input[at] ^ (1U << draw(8)));
        return;
      case 1:
        if (!input.empty()) input[at] = static_cast<char>(kSpecial[draw(std::size(kSpecial))]);
        return;
      case 2:
        if (!input.empty()) input.erase(at, std::min(size, size_t{16}));
        return;
      case 3:
        input.insert(at, input.substr(at, std::min(size, size_t{64})));
        return;
      case 4:
        input.insert(at, 1, static_cast<char>(draw(256)));
        return;
      case 5:
        input.resize(at);
        return;
      case 6: {
        const std::string& other = any_seed();
        const size_t from = draw(other.size());
        input.insert(at, other.substr(from, 1 + draw(other.size() - from)));
        return;
      }
      default:
        std::swap_ranges(input.begin() + static_cast<std::ptrdiff_t>(at), input.end(),
                         input.begin());
    }
  }

  const std::vector<std::string> seeds_;
  std::mt19937_64 random_;
};

// Into a new file: some file systems wait for the disk when an old one is cut and written.
void keep(const std::string& file, const std::string& input) {
  std::filesystem::remove(file);
  std::ofstream(file, std::ios::binary) << input;
}

std::string read(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::string& directory) {
  std::filesystem::create_directories(directory);
  size_t number = 0;
  for (const std::string& seed : seeds()) {
    std::ofstream(directory + "/" + std::to_string(number++), std::ios::binary) << seed;
  }
}

}  // namespace
}  // namespace limpet::fuzz

int main(int argc, char** argv) {
  using namespace limpet::fuzz;
  google::protobuf::SetLogHandler(nullptr);  // it has a line for every string that is not UTF-8
  const Options options = options_of(argc, argv);
  if (!options.write.empty()) {
    write(options.write);
    return 0;
  }
  for (const std::string& file : options.files) run(read(file));
  if (!options.files.empty()) return 0;
  for (const std::string& seed : seeds()) run(seed);
  Mutator mutator(seeds(), options.seed);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(options.seconds);
  const auto goes_on = [&](uint64_t number) {
    return options.seconds == 0 ? number < options.runs : std::chrono::steady_clock::now() < end;
  };
  uint64_t number = 0;
  for (; goes_on(number); ++number) {
    const std::string input = mutator.next();
    if (!options.keep.empty()) keep(options.keep, input);
    run(input);
  }
  std::printf("%llu inputs and the seeds, without a finding\n",
              static_cast<unsigned long long>(number));
  return 0;
}
