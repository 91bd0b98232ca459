-- The gate of examples/c in Lua, with LuaJIT's ffi.
-- Usage: POLAR=... LD_LIBRARY_PATH=.../lib luajit gate.lua [KEY | --deactivate]
local ffi = require("ffi")

ffi.cdef [[
typedef struct polar_license polar_license;
typedef struct polar_license_options polar_license_options;
typedef struct polar_license_decision polar_license_decision;
typedef struct polar_license_error polar_license_error;
polar_license_options *polar_license_options_new(const char *organization_id, const char *app_id);
int32_t polar_license_options_set_environment(polar_license_options *options, const char *environment);
int32_t polar_license_options_add_feature(polar_license_options *options, const char *feature, const char *benefit_id);
void polar_license_options_free(polar_license_options *options);
int32_t polar_license_open(const polar_license_options *options, polar_license **license, polar_license_error **error);
void polar_license_free(polar_license *license);
int32_t polar_license_activate(const polar_license *license, const char *key, polar_license_error **error);
int32_t polar_license_refresh(const polar_license *license, polar_license_decision **decision);
int32_t polar_license_current(const polar_license *license, polar_license_decision **decision);
int32_t polar_license_allows(const polar_license *license, const char *feature);
int32_t polar_license_deactivate(const polar_license *license, int32_t *deactivated, polar_license_error **error);
const char *polar_license_decision_explain(const polar_license_decision *decision, const char *feature);
void polar_license_decision_free(polar_license_decision *decision);
const char *polar_license_error_message(const polar_license_error *error);
void polar_license_error_free(polar_license_error *error);
]]
local polar = ffi.load("polar_license")

local ORGANIZATION = "de300000-0000-4000-8000-000000000001" -- Polar: Settings, General
local PRO = "de300000-0000-4000-8000-0000000000b1" -- Polar: the id of the license key benefit
local RELEASED = 0 -- POLAR_LICENSE_DEACTIVATED_RELEASED

-- Calls `f` with a place for the error, and raises the error if there is one.
local function try(f)
  local place = ffi.new("polar_license_error *[1]")
  if f(place) ~= 0 then
    local why = ffi.gc(place[0], polar.polar_license_error_free)
    error(ffi.string(polar.polar_license_error_message(why)), 0)
  end
end

local function open(environment)
  local options = ffi.gc(polar.polar_license_options_new(ORGANIZATION, "com.acme.app"), polar.polar_license_options_free)
  polar.polar_license_options_set_environment(options, environment)
  polar.polar_license_options_add_feature(options, "export", PRO)
  local place = ffi.new("polar_license *[1]")
  try(function(why) return polar.polar_license_open(options, place, why) end)
  return ffi.gc(place[0], polar.polar_license_free)
end

-- Returns why the feature is on or off, in one sentence for the user.
local function explain(license, feature)
  local place = ffi.new("polar_license_decision *[1]")
  polar.polar_license_current(license, place)
  local decision = ffi.gc(place[0], polar.polar_license_decision_free)
  return ffi.string(polar.polar_license_decision_explain(decision, feature))
end

local ok, message = pcall(function()
  local license = open(os.getenv("POLAR") or "production")
  local argument = arg[1]
  if argument == "--deactivate" then
    local outcome = ffi.new("int32_t[1]")
    try(function(why) return polar.polar_license_deactivate(license, outcome, why) end)
    print(outcome[0] == RELEASED and "the seat is free" or "there was no seat")
    return
  end
  polar.polar_license_refresh(license, nil) -- returns at once if the last confirmation is fresh
  -- only without a license: with one, the program works while Polar is down
  if argument and polar.polar_license_allows(license, "export") == 0 then
    try(function(why) return polar.polar_license_activate(license, argument, why) end)
  end
  if polar.polar_license_allows(license, "export") ~= 0 then
    print("exporting")
  else
    io.stderr:write(explain(license, "export"), "\n") -- no license, or one for another plan
  end
end)
if not ok then
  io.stderr:write(message, "\n")
  os.exit(1)
end
