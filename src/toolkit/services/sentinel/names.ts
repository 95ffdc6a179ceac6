export const SENTINEL_UNIT = "redis-sentinel.service";
export const SENTINEL_CONFIG_PATH = "/etc/redis/sentinel.conf";
export const SENTINEL_PASSWORD_SECRET = "cache/sentinel-password";
export const SENTINEL_TIMES_SCRIPT = "/usr/local/lib/mailbastion/sentinel-times.sh";
