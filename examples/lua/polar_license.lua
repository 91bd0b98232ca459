-- License keys sold through Polar: calls the C library of polar-license with LuaJIT's ffi. Copy this file into your
-- program.
local ffi = require("ffi")

ffi.cdef [[
typedef struct polar_license polar_license;
typedef struct polar_license_options polar_license_options;
typedef struct polar_license_decision polar_license_decision;
typedef struct polar_license_error polar_license_error;
typedef void (*polar_license_change_callback)(void *data, const polar_license_decision *now, const polar_license_decision *before);
polar_license_options *polar_license_options_from_json(const char *settings);
int32_t polar_license_options_set_directory(polar_license_options *options, const char *directory);
void polar_license_options_free(polar_license_options *options);
int32_t polar_license_open(const polar_license_options *options, polar_license **license, polar_license_error **error);
void polar_license_free(polar_license *license);
int32_t polar_license_activate(const polar_license *license, const char *key, polar_license_error **error);
int32_t polar_license_refresh(const polar_license *license, polar_license_decision **decision);
int32_t polar_license_validate(const polar_license *license, polar_license_decision **decision);
int32_t polar_license_current(const polar_license *license, polar_license_decision **decision);
int32_t polar_license_allows(const polar_license *license, const char *feature);
int32_t polar_license_deactivate(const polar_license *license, int32_t *outcome, polar_license_error **error);
int32_t polar_license_on_change(const polar_license *license, polar_license_change_callback callback, void *data, void *destructor, uint64_t *subscription);
int32_t polar_license_decision_allowed(const polar_license_decision *decision);
int32_t polar_license_decision_state(const polar_license_decision *decision);
int32_t polar_license_decision_reason(const polar_license_decision *decision);
int32_t polar_license_decision_next_step(const polar_license_decision *decision);
const char *polar_license_decision_next_url(const polar_license_decision *decision);
const char *polar_license_decision_message(const polar_license_decision *decision);
const char *polar_license_decision_explain(const polar_license_decision *decision, const char *feature);
void polar_license_decision_free(polar_license_decision *decision);
const char *polar_license_error_message(const polar_license_error *error);
void polar_license_error_free(polar_license_error *error);
const char *polar_license_kind_name(int32_t kind);
const char *polar_license_state_name(int32_t state);
const char *polar_license_reason_name(int32_t reason);
const char *polar_license_next_step_name(int32_t next_step);
const char *polar_license_deactivated_name(int32_t outcome);
]]
local C = ffi.load("polar_license")
jit.off(true, true) -- LuaJIT's compiled code must not call a C function that calls back into Lua

local function text(pointer)
  if pointer == nil then return nil end
  return ffi.string(pointer)
end

-- Calls `f` with a pointer through which it can return an error. If `f` returns one, raises a table with its `kind`,
-- such as "refused", and its `message`, one sentence for the user.
local function try(f)
  local place = ffi.new("polar_license_error *[1]")
  local kind = f(place)
  if kind ~= 0 then
    local why = ffi.gc(place[0], C.polar_license_error_free)
    error({ kind = text(C.polar_license_kind_name(kind)), message = text(C.polar_license_error_message(why)) }, 0)
  end
end

-- Returns the members of a decision: whether the app may run, and why.
local function decoded(decision)
  return {
    allowed = C.polar_license_decision_allowed(decision) ~= 0,
    state = text(C.polar_license_state_name(C.polar_license_decision_state(decision))),
    reason = text(C.polar_license_reason_name(C.polar_license_decision_reason(decision))),
    message = text(C.polar_license_decision_message(decision)),
    next_step = text(C.polar_license_next_step_name(C.polar_license_decision_next_step(decision))),
    next_url = text(C.polar_license_decision_next_url(decision)),
  }
end

local License = {}
License.__index = License

-- Reads the license that is stored on this device, without asking Polar. `settings` is the JSON that
-- polar_license_options_from_json describes. `directory` is the folder of the license; without it, the license is in
-- the user's data folder.
local function open(settings, directory)
  local options = ffi.gc(C.polar_license_options_from_json(settings), C.polar_license_options_free)
  if directory then C.polar_license_options_set_directory(options, directory) end
  local place = ffi.new("polar_license *[1]")
  try(function(why) return C.polar_license_open(options, place, why) end)
  return setmetatable({ handle = ffi.gc(place[0], C.polar_license_free) }, License)
end

-- Calls `ask` with a pointer through which it returns a decision, and returns the members of the decision.
local function asked(ask, handle)
  local place = ffi.new("polar_license_decision *[1]")
  ask(handle, place)
  return ffi.gc(place[0], C.polar_license_decision_free)
end

-- Takes a seat for this device if the key needs one, and stores the license. Waits at most 35 s.
function License:activate(key)
  try(function(why) return C.polar_license_activate(self.handle, key, why) end)
end

-- Asks Polar if a request is due. Call it at start. Waits at most 2 s with access, otherwise at most 10 s.
function License:refresh() return decoded(asked(C.polar_license_refresh, self.handle)) end

-- Asks Polar now. Waits at most 10 s.
function License:validate() return decoded(asked(C.polar_license_validate, self.handle)) end

-- Returns the current decision. Never waits.
function License:current() return decoded(asked(C.polar_license_current, self.handle)) end

-- Returns whether a feature is on. Never waits: call it wherever the feature begins.
function License:allows(feature) return C.polar_license_allows(self.handle, feature) ~= 0 end

-- Returns why a feature is on or off, in one sentence for the user.
function License:explain(feature)
  return text(C.polar_license_decision_explain(asked(C.polar_license_current, self.handle), feature))
end

-- Releases the seat and removes the license from this device. Returns "released", "not_needed" or another name that
-- polar_license_deactivated_name can return. Waits at most 35 s.
function License:deactivate()
  local outcome = ffi.new("int32_t[1]")
  try(function(why) return C.polar_license_deactivate(self.handle, outcome, why) end)
  return text(C.polar_license_deactivated_name(outcome[0]))
end

-- Calls `listener` with the decision after every operation that changed it.
function License:on_change(listener)
  local callback = ffi.cast("polar_license_change_callback", function(_, now) listener(decoded(now)) end)
  C.polar_license_on_change(self.handle, callback, nil, nil, nil)
end

return { open = open }
