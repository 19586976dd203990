return function(n)
  local code = { 1, 31, 3, 0, 4, 0, 0, 7, 2, 65521, 0, 3, 5, 0, 6, 0, 7, 0 }
  local at, sum, counter = 1, 0, n
  while true do
    local number = code[at]
    if number == 0 then
      sum = sum + code[at + 1]
    elseif number == 1 then
      sum = sum * code[at + 1]
    elseif number == 2 then
      sum = sum % code[at + 1]
    elseif number == 3 then
      sum = sum + counter
    elseif number == 4 then
      sum = sum + sum
    elseif number == 5 then
      counter = counter - 1
    elseif number == 6 then
      -- Cells are numbered from 0 in the program; the step at the end is taken back.
      if counter ~= 0 then at = code[at + 1] - 1 end
    else
      return sum
    end
    at = at + 2
  end
end
