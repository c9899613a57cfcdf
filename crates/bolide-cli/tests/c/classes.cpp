// C++: a class behind a pointer, overloads, and the standard library.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#define EXPORT __attribute__((visibility("default")))

class Words {
 public:
  void add(const std::string &word) { words.push_back(word); }
  const std::string &longest() const {
    return *std::max_element(words.begin(), words.end(),
                             [](auto &a, auto &b) { return a.size() < b.size(); });
  }
  bool empty() const { return words.empty(); }

 private:
  std::vector<std::string> words;
};

enum class Case : std::uint8_t { Lower, Upper };

extern "C" {
/// An empty list.
EXPORT Words *words_new() { return new Words; }
EXPORT void words_add(Words *words, const char *word) { words->add(word); }
/// The longest word of the list, which is not empty.
EXPORT const char *words_longest(const Words &words) { return words.empty() ? nullptr : words.longest().c_str(); }
EXPORT void words_delete(Words *words) { delete words; }
}

EXPORT int add(int a, int b) { return a + b; }
EXPORT double scaled(double x) { return 2 * x; }
EXPORT float scaled(float x) { return 3 * x; }

namespace text {
/** Whether a text has capitals only. */
EXPORT Case of(const char *text) {
  return std::all_of(text, text + std::string(text).size(), [](char c) { return c >= 'A' && c <= 'Z'; }) ? Case::Upper : Case::Lower;
}
}  // namespace text
