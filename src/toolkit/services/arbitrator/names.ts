export const ARBITRATOR_UNIT = "garb.service";
export const CONFIG_PATH = "/etc/default/garb";
/** Made by the unit; holds the view that lets the cluster return by itself after a loss of power of all machines. */
export const WORK_DIRECTORY = "/var/lib/mailbastion-garb";
