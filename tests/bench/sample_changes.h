#pragma once
// Changes as the product writes them, with sample text and random ids: what the compression
// dictionary is trained on.

#include <random>
#include <span>
#include "domain/change.h"

namespace bench {

/// A pure function of its seed, on every platform: std::mt19937_64 is specified to the bit, and
/// nothing else is used.
class SampleChanges {
public:
    explicit SampleChanges(std::uint64_t seed) : m_random(seed) {}

    /// The changes of one act: usually one, rarely a few.
    std::vector<domain::Change> act();

private:
    std::uint64_t below(std::uint64_t bound) { return m_random() % bound; }
    bool chance(unsigned percent) { return below(100) < percent; }
    std::string_view pick(std::span<const std::string_view> phrases) {
        return phrases[below(phrases.size())];
    }
    base::ObjectId id();
    std::int64_t day();
    std::string syllables(std::size_t count);
    std::string report();
    std::string person();
    std::string documentText();
    domain::FieldWrite write(domain::Field field, domain::Value value, bool replaces);

    domain::Change save();
    domain::Change completion();
    domain::Change note();
    domain::Change small();
    domain::Change assignment();
    domain::Change task();

    std::mt19937_64 m_random;
    std::uint64_t m_earlierSave = 0;  // of the object that is being written
};

}  // namespace bench
