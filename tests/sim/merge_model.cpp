#include "merge_model.h"

namespace sim {
namespace {

using WriteId = std::uint64_t;

constexpr unsigned kHistoryPermille = 100;  // a history opens every entry that it tells of

struct Field {
    std::vector<std::pair<WriteId, domain::Value>> writes;  // the last of each entry, in order
    std::set<std::pair<WriteId, WriteId>> names;            // who names whom
};

struct Event {
    base::Hash entry;
    base::Hash act;  // which names writes and notes
    const domain::Change* change = nullptr;
};

struct Object {
    std::map<domain::Field, Field> fields;
    std::vector<Event> history;
};

using Model = std::map<replica::ObjectKey, Object>;

void write(Object& object, WriteId id, const domain::FieldWrite& write) {
    Field& field = object.fields[write.field];
    if (!field.writes.empty() && field.writes.back().first == id) field.writes.pop_back();
    field.writes.emplace_back(id, write.value);
    for (WriteId named : write.replaces) field.names.emplace(id, named);
}

void addNote(Model& model, const base::ScopeId& scope, const Event& event, std::uint32_t index,
             const domain::Noted& noted) {
    WriteId id = ledger::writeIdOf(event.act);
    Object& note = model[{scope, domain::ObjectKind::Note, domain::noteIdOf(event.act, index)}];
    write(note, id, {domain::Field::NoteParent, std::vector{noted.id}, {}});
    write(note, id, {domain::Field::NoteKind, static_cast<std::int64_t>(noted.note), {}});
    write(note, id, {domain::Field::NoteText, noted.text, {}});
    model[{scope, noted.kind, noted.id}].history.push_back(event);
}

void addAct(Model& model, const base::Hash& entry, const base::Hash& name,
            const replica::Act& act) {
    for (std::uint32_t i = 0; i < act.changes.size(); ++i) {
        const Event event{entry, name, &act.changes[i]};
        if (auto* noted = std::get_if<domain::Noted>(event.change))
            addNote(model, act.scope, event, i, *noted);
        const domain::Written* written = domain::writtenIn(*event.change);
        if (written == nullptr) continue;
        Object& object = model[{act.scope, written->kind, written->id}];
        for (const domain::FieldWrite& one : written->fields)
            write(object, ledger::writeIdOf(name), one);
        object.history.push_back(event);
    }
}

const domain::Judged* decisionOf(const replica::Act& act) {
    for (const domain::Change& change : act.changes) {
        if (auto* judged = std::get_if<domain::Judged>(&change)) return judged;
    }
    return nullptr;
}

/// Entries that no honest device remembers are a rogue's; that they show nowhere is checked here.
Model modelOf(const World& world) {
    std::map<base::Hash, const replica::Act*> acts;
    for (const auto& client : world.clients) {
        for (const auto& [entry, act] : client->acts()) acts[entry] = &act;
    }
    Model out;
    for (const auto& [code, unit] : world.watch.directory().directory().units()) {
        std::set<base::Hash> known;    // of one act the first entry has effect
        std::set<base::Hash> decided;  // and the first decision
        for (const base::Hash& entry : world.watch.entriesOf(unit.scope)) {
            const base::Hash& act = world.watch.actOf(entry);
            auto it = acts.find(act);
            if (it == acts.end() || decided.contains(act) || !known.insert(act).second) continue;
            const domain::Judged* decision = decisionOf(*it->second);
            if (decision != nullptr && !decided.insert(decision->entry).second) continue;
            const bool adopts =
                decision != nullptr && decision->verdict == domain::Verdict::Adopted;
            addAct(out, entry, adopts ? decision->entry : act, *it->second);
        }
    }
    return out;
}

bool isLive(const Field& field, WriteId id) {
    return std::none_of(field.names.begin(), field.names.end(),
                        [&](const auto& pair) { return pair.second == id && pair.first != id; });
}

/// Live values, each once, the one that was written last at the end.
std::vector<domain::Value> liveValues(const Field& field) {
    std::vector<domain::Value> out;
    for (const auto& [id, value] : field.writes) {
        if (!isLive(field, id)) continue;
        std::erase(out, value);
        out.push_back(value);
    }
    return out;
}

void checkRow(World& world, const std::string& where, const Object& object,
              const domain::Row& row) {
    must(row.fields().size() == object.fields.size(),
         "merge: " + where + " has fields that nobody wrote, or lacks some");
    for (const auto& [id, field] : object.fields) {
        const domain::FieldState* state = row.field(id);
        std::vector<domain::Value> shown;
        if (state != nullptr) {
            for (const domain::LiveValue& live : state->live) shown.push_back(live.value);
        }
        auto expected = liveValues(field);
        must(shown == expected, "merge: " + where + " shows " + std::to_string(shown.size()) +
                                    " values of a field where the model has " +
                                    std::to_string(expected.size()));
        world.counters.add(Count::FieldsMerged);
    }
}

void checkHistory(World& world, const std::string& where, const Object& object,
                  const std::vector<replica::Replica::HistoryItem>& shown) {
    must(shown.size() == object.history.size(),
         "merge: the history of " + where + " has " + std::to_string(shown.size()) +
             " changes where " + std::to_string(object.history.size()) + " were kept");
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const Event& event = object.history[i];
        must(shown[i].entry == event.entry && shown[i].change == *event.change,
             "merge: the history of " + where + " tells another change than was written");
    }
    world.counters.add(Count::HistoriesCompared);
}

void checkReader(World& world, const Model& model, ClientNode& client) {
    std::map<replica::ObjectKey, domain::Row> rows;
    must(client.replica().eachRow([&](const base::ScopeId& scope, domain::Row row) {
        replica::ObjectKey key{scope, row.kind(), row.id()};
        rows.emplace(key, std::move(row));
        return base::Result<bool>(true);
    }),
         client.name() + " lists its rows");
    const domain::Directory& directory = world.watch.directory().directory();
    const base::DeviceId& device = client.replica().identity().device;
    std::size_t readable = 0;
    for (const auto& [key, object] : model) {
        if (!directory.mayRead(device, key.scope)) continue;
        ++readable;
        const std::string where = client.name() + ", object " + brief(key.id);
        auto row = rows.find(key);
        must(row != rows.end(), "merge: " + where + " is not shown");
        checkRow(world, where, object, row->second);
        bool isAsked = world.random.chance(kHistoryPermille) ||
                       (&client == &world.office() && key.kind == domain::ObjectKind::Assignment);
        if (isAsked) {
            checkHistory(world, where, object,
                         must(client.replica().history(key), client.name() + " shows a history"));
        }
    }
    must(rows.size() == readable, "merge: " + client.name() + " shows what nobody wrote");
}

}  // namespace

void checkMerge(World& world) {
    const Model model = modelOf(world);
    for (auto& client : world.clients) {
        if (client->exists() && client->fate == Fate::Works) checkReader(world, model, *client);
    }
}

}  // namespace sim
