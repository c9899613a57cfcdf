console.log("exports");
